// OpenSIPS's management interface over its FIFO: JSON-RPC 2.0 in, the answer on a FIFO of ours.
import { basename } from 'node:path';
import type { Host } from '../targets/host.ts';

/** Constant: the paths and the request are positional arguments. A dead router leaves nobody to read; timeout(1) ends it. */
const CALL_SCRIPT = `
mkfifo -m 600 "$2" || exit 1
trap 'rm -f "$2"' EXIT
cat "$2" &
printf '%s\\n' "$3" > "$1" || exit 1
wait`;
const TIMEOUT_S = 1;

let calls = 0;

/** The result, or null when the router does not answer. `replyDir` is the router's reply_dir. */
export async function callMi(
  host: Host,
  fifo: string,
  replyDir: string,
  method: string,
  params?: readonly unknown[],
): Promise<unknown> {
  calls += 1;
  const reply = `${replyDir}/siptune-${process.pid}-${calls}`;
  const request = { jsonrpc: '2.0', method, id: calls, ...(params ? { params } : {}) };
  const result = await host.run(
    [
      ...['timeout', '-k', '1', String(TIMEOUT_S), 'sh', '-c', CALL_SCRIPT, 'sh'],
      ...[fifo, reply, `:${basename(reply)}:${JSON.stringify(request)}`],
    ],
    { timeoutMs: (TIMEOUT_S + 2) * 1_000 },
  );
  if (result.exitCode !== 0) {
    // timeout(1) killed the shell before its trap could run.
    await host.run(['rm', '-f', reply]);
    return null;
  }
  try {
    const answer: { result?: unknown } = JSON.parse(result.stdout);
    return answer.result ?? null;
  } catch {
    return null;
  }
}
