// One agent on the other machine (agent-script.ts), which answers requests in order. Several lanes of one connection work
// side by side.
import { randomBytes } from 'node:crypto';
import { EXIT, UserError } from '../../errors.ts';
import { AGENT_SCRIPT } from './agent-script.ts';
import type { Connection } from './connection.ts';
import { connectionError, connectionLost } from './connection-errors.ts';
import { createFrameReader, type Frame } from './frames.ts';

export interface LaneRequest {
  readonly kind: 'raw' | 'run' | 'spawn';
  readonly text: string;
  readonly input?: string;
  /** For a spawn: what is left of its group is killed when it ends. */
  readonly sweep?: boolean;
  /** For a spawn: its group is killed when the connection ends. */
  readonly tied?: boolean;
  /** How long the work itself may take there. */
  readonly timeoutMs: number;
}

export interface Lane {
  readonly mark: string;
  /** Requests without an answer so far. */
  readonly pending: () => number;
  readonly isOpen: () => boolean;
  /** Rejects with a UserError when the connection is lost, in bounded time. */
  request(request: LaneRequest): Promise<Frame & { readonly id: string }>;
  /**
   * What becomes of the process that a spawn request started: its status once it has ended, 0 once nothing of its group is
   * left, or null when nobody will know.
   */
  event(name: 'exit' | 'swept', id: string): Promise<number | null>;
  close(): Promise<void>;
}

interface Waiting {
  readonly timeoutMs: number;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: unknown) => void;
}

/** Besides the work: the way there and back, and the time in which ssh itself finds out that a link is dead. */
const LINK_PATIENCE_MS = 20_000;
const CLOSE_WAIT_MS = 1_000;
const MAX_DIAGNOSTICS = 20;

const BECOME_ROOT = 'if [ "$(id -u)" -eq 0 ]; then exec sh -c "$1"; else exec sudo -n -- sh -c "$1"; fi';

export async function openLane(connection: Connection, label: string): Promise<Lane> {
  const mark = randomBytes(16).toString('hex');
  const { ssh } = await connection.start(['sh', '-c', BECOME_ROOT, 'sh', AGENT_SCRIPT]);
  const { stdin, stdout, stderr } = ssh;
  const waiting: Waiting[] = [];
  const events = new Map<string, (value: number | null) => void>();
  /** Those that came before anybody asked. */
  const early = new Map<string, number>();
  const said: string[] = [];
  let isOpen = true;
  let ready = false;
  let closing = false;
  let lastId = 0;
  let late: NodeJS.Timeout | undefined;

  /** The time of a request begins when those before it are done. */
  const watchFirst = (): void => {
    clearTimeout(late);
    const [first] = waiting;
    if (first === undefined) return;
    const limitMs = first.timeoutMs + LINK_PATIENCE_MS;
    const message = `${label} has not answered for ${Math.round(limitMs / 1000)} s: check the network and the machine, then run "siptune restore"`;
    late = setTimeout(() => fail(new UserError(message, EXIT.unsafe)), limitMs);
  };
  const fail = (error: UserError): void => {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(late);
    for (const one of waiting.splice(0)) one.reject(error);
    for (const tell of events.values()) tell(null);
    events.clear();
    ssh.kill('SIGKILL');
  };
  const noLine = (line: string): void => {
    const [, name, id, value] = line.startsWith(mark) ? line.split(' ') : [];
    if (value === undefined) {
      if (line.trim() !== '') said.push(line);
      said.splice(0, said.length - MAX_DIAGNOSTICS);
      return;
    }
    const key = `${name} ${id}`;
    const tell = events.get(key);
    events.delete(key);
    if (tell) tell(Number(value));
    else early.set(key, Number(value));
  };

  const framesIn = createFrameReader(mark);
  stdout.on('data', (chunk: Buffer) => {
    for (const frame of framesIn(chunk)) {
      waiting.shift()?.resolve(frame);
      watchFirst();
    }
  });
  let partial = '';
  stderr.on('data', (chunk: Buffer) => {
    const lines = (partial + chunk.toString('utf8')).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) noLine(line);
  });
  // A broken pipe is told by the end of ssh.
  stdin.on('error', () => {});
  void ssh.then(() => {
    noLine(partial);
    const words = said.join('\n');
    fail(
      ready || closing ? connectionLost(label, words) : connectionError(label, connection.destination, words),
    );
  });

  const send = (head: string | null, body: Buffer, timeoutMs: number): Promise<Frame> =>
    new Promise<Frame>((resolve, reject) => {
      if (!isOpen) return reject(connectionLost(label, said.join('\n')));
      waiting.push({ timeoutMs, resolve, reject });
      if (waiting.length === 1) watchFirst();
      stdin.write(head === null ? body : Buffer.concat([Buffer.from(head), body]));
    });

  await send(null, Buffer.from(`${mark}\n`), LINK_PATIENCE_MS);
  ready = true;

  return {
    mark,
    pending: () => waiting.length,
    isOpen: () => isOpen,
    async request({ kind, text, input = '', sweep = false, tied = false, timeoutMs }) {
      const id = String(++lastId);
      const words = Buffer.from(text);
      const data = Buffer.from(input);
      const head = `${kind} ${id} ${words.length} ${data.length} ${sweep ? 1 : 0} ${tied ? 1 : 0}\n`;
      const frame = await send(head, Buffer.concat([words, data]), timeoutMs);
      return { ...frame, id };
    },
    event(name, id) {
      const key = `${name} ${id}`;
      const value = early.get(key);
      early.delete(key);
      if (value !== undefined || !isOpen) return Promise.resolve(value ?? null);
      return new Promise((resolve) => events.set(key, resolve));
    },
    async close() {
      closing = true;
      stdin.end();
      let giveUp: NodeJS.Timeout | undefined;
      await Promise.race([
        ssh,
        new Promise((resolve) => {
          giveUp = setTimeout(resolve, CLOSE_WAIT_MS);
        }),
      ]);
      clearTimeout(giveUp);
      fail(connectionLost(label, 'it was closed'));
    },
  };
}
