// The agent's answers in the stream of its standard output: each ends with the mark, "end" and a status.

export interface Frame {
  readonly body: Buffer;
  readonly status: number;
}

/** Gives back the answers that are complete with this chunk. */
export function createFrameReader(mark: string): (chunk: Buffer) => readonly Frame[] {
  const end = Buffer.from(`${mark} end `);
  let chunks: Buffer[] = [];
  /** The last bytes, in which a mark may have begun. */
  let tail: Buffer = Buffer.alloc(0);
  return (chunk) => {
    chunks.push(chunk);
    const seam = Buffer.concat([tail, chunk]);
    // Room for a whole mark with its status.
    tail = Buffer.from(seam.subarray(Math.max(0, seam.length - end.length - 8)));
    if (!seam.includes(end)) return [];
    let rest = Buffer.concat(chunks);
    const frames: Frame[] = [];
    for (;;) {
      const at = rest.indexOf(end);
      const lineEnd = at < 0 ? -1 : rest.indexOf('\n', at);
      if (lineEnd < 0) break;
      const status = Number(rest.subarray(at + end.length, lineEnd).toString('latin1'));
      frames.push({ body: rest.subarray(0, at), status });
      rest = rest.subarray(lineEnd + 1);
    }
    chunks = [rest];
    return frames;
  };
}

/** Output and error output of a command, which the mark separates. */
export function splitOutput(
  body: Buffer,
  mark: string,
): { readonly stdout: string; readonly stderr: string } {
  const separator = Buffer.from(`${mark} err\n`);
  const at = body.lastIndexOf(separator);
  return {
    stdout: body.subarray(0, at < 0 ? body.length : at).toString('utf8'),
    stderr: at < 0 ? '' : body.subarray(at + separator.length).toString('utf8'),
  };
}
