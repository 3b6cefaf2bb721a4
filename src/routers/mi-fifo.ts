// OpenSIPS's management interface over its FIFO: JSON-RPC 2.0 in, the answer on a FIFO of ours. On this machine no process
// is started for a request, because a router that is at its limit is asked every second.
import { constants, open as openFile } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Host } from '../targets/host.ts';

export interface MiClient {
  /** The result, or null when the router does not answer in time. */
  call(method: string, params?: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 700;
/** OpenSIPS takes no dots in it. */
const REPLY_NAME = 'opensips-reply';

/** Positional parameters: OpenSIPS's FIFO, ours, the request. Opening a FIFO waits for the other side: not for ever. */
const ASK_SCRIPT = `
[ -p "$1" ] || exit 1
rm -f -- "$2" && mkfifo -m 600 -- "$2" || exit 1
timeout ${TIMEOUT_MS / 1000} cat -- "$2" &
timeout ${TIMEOUT_MS / 1000} sh -c 'printf "%s\\n" "$1" >"$2"' sh "$3" "$1"
wait
rm -f -- "$2"`;

export function createMiClient(host: Host, fifo: string, replyDir: string): MiClient {
  const replyPath = join(replyDir, REPLY_NAME);
  let id = 0;
  let made = false;
  /** One request at a time: they share the FIFO of the answers. */
  let queue: Promise<unknown> = Promise.resolve();

  const askThere = async (method: string, params: readonly unknown[] | undefined): Promise<unknown> => {
    id += 1;
    const request = `:${REPLY_NAME}:${JSON.stringify({ jsonrpc: '2.0', method, id, ...(params ? { params } : {}) })}`;
    const { stdout } = await host.machine.run(['sh', '-c', ASK_SCRIPT, 'sh', fifo, replyPath, request]);
    return answerIn(stdout, id)?.result ?? null;
  };

  const askHere = async (method: string, params: readonly unknown[] | undefined): Promise<unknown> => {
    if (!made) {
      await rm(replyPath, { force: true });
      made = (await host.run(['mkfifo', '-m', '600', replyPath])).exitCode === 0;
    }
    id += 1;
    const request = { jsonrpc: '2.0', method, id, ...(params ? { params } : {}) };
    // For writing, too: otherwise the router, when it closes its end of the answer before, ends this one as well.
    const reply = await promisify(openFile)(replyPath, constants.O_RDWR | constants.O_NONBLOCK);
    const answer = readAnswer(reply, id);
    try {
      // Without O_NONBLOCK this would wait for ever for a router that is dead.
      const writer = await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
      await writer.write(`:${REPLY_NAME}:${JSON.stringify(request)}\n`).finally(() => writer.close());
      return await answer.text;
    } finally {
      answer.cancel();
    }
  };

  const ask = host.remote ? askThere : askHere;

  return {
    call(method, params) {
      // No router, no reader, or its FIFO is full: all the same to whoever wants statistics.
      const answer = queue.then(() => ask(method, params)).catch(() => null);
      queue = answer;
      return answer;
    },
    async close() {
      await queue;
      made = false;
      if (!host.remote) await rm(replyPath, { force: true });
    },
  };
}

/** Reads until the answer to `id` is complete; the answer to an earlier request, which came too late, is skipped. */
function readAnswer(fd: number, id: number): { readonly text: Promise<unknown>; cancel(): void } {
  const socket = new Socket({ fd, readable: true, writable: false });
  let cancel = () => {};
  const text = new Promise<unknown>((resolve) => {
    const finish = (result: unknown) => {
      clearTimeout(late);
      socket.destroy();
      resolve(result);
    };
    const late = setTimeout(finish, TIMEOUT_MS, null);
    cancel = () => finish(null);
    let received = '';
    socket.setEncoding('utf8');
    socket.on('error', cancel);
    socket.on('data', (chunk: string) => {
      received += chunk;
      const answer = answerIn(received, id);
      if (answer) finish(answer.result ?? null);
    });
  });
  return { text, cancel };
}

/** The last answer in what was received, once it is complete. */
export function answerIn(received: string, id: number): { readonly result?: unknown } | undefined {
  const start = received.search(/\{\s*"jsonrpc"(?![\s\S]*"jsonrpc")/);
  try {
    const answer: { id?: unknown; result?: unknown } = JSON.parse(received.slice(start));
    return answer.id === id ? answer : undefined;
  } catch {
    return undefined;
  }
}
