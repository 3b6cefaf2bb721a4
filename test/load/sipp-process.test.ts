// A SIPp that ends while it starts: whose doing that was decides what becomes of the offer.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { startSipp } from '../../src/load/sipp-process.ts';
import type { Transport } from '../../src/load/sipp-transport.ts';
import type { Host } from '../../src/targets/host.ts';

let rawDir = '';
beforeEach(async () => {
  rawDir = await mkdtemp(join(tmpdir(), 'siptune-test-sipp-process-'));
});
afterEach(() => rm(rawDir, { recursive: true }));

/** Ends at once, with these last words, before anybody has seen its socket. */
function start(words: string, transport: Transport) {
  const host = {
    label: 'local',
    readFiles: async () => new Map(),
    spawn: async () => {
      await writeFile(join(rawDir, 'sipp-caller.err'), words);
      const exited = Promise.resolve({ exitCode: 255, signal: undefined });
      return { pid: 2 ** 30, exited, swept: exited, kill: () => {} };
    },
  } as unknown as Host;
  return startSipp({
    who: 'SIPp caller',
    endpoint: { host, address: '198.18.1.1', port: 5061 },
    transport,
    argv: ['sipp'],
    cpus: '0',
    rawDir,
    csvFile: 'sipp-caller.csv',
    clock: systemClock,
    withBufferHeadroom: (begin) => begin(),
  });
}

test('a router that closes the first connection at once has ended the offer, not kept SIPp from starting', async () => {
  const words = 'Error on TCP connection, remote peer probably closed the socket: Connection reset by peer';
  expect((await start(words, 'tcp-per-call')).hasEnded()).toBe(true);
});

test('any other end is told in SIPp’s own words', async () => {
  await expect(start('Unable to bind main socket', 'tcp')).rejects.toThrow(
    /could not start .*Unable to bind/,
  );
});
