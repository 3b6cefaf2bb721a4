// Real SIPp against real SIPp, without a router between them: every call must arrive, and every loss must be told.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { CallLoad, LoadContext, LoadPlan } from '../../src/load/load.ts';
import { createSippLoad, type SippDeps } from '../../src/load/sipp.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const NETNS = 'siptune-test-sipp';
const CALLER = '198.18.1.1';
const CALLEE = '198.18.2.1';
const CALLEE_PORT = 5070;

const machine = createLocalHost();
const inside = machine.inNetns(NETNS);
const ip = async (...args: string[]) =>
  expect(await machine.run(['ip', ...args])).toMatchObject({ exitCode: 0 });

let rawDir = '';
let load: CallLoad | undefined;

beforeAll(async () => {
  await machine.run(['ip', 'netns', 'del', NETNS]);
  await ip('netns', 'add', NETNS);
  await ip('-n', NETNS, 'link', 'set', 'lo', 'up');
  for (const address of [CALLER, CALLEE]) await ip('-n', NETNS, 'addr', 'add', `${address}/32`, 'dev', 'lo');
});
afterAll(() => ip('netns', 'del', NETNS));

beforeEach(async () => {
  rawDir = await mkdtemp(join(tmpdir(), 'siptune-test-sipp-'));
});
afterEach(async () => {
  await load?.close();
  // Whatever a test did: nothing runs on.
  expect((await machine.run(['ip', 'netns', 'pids', NETNS])).stdout).toBe('');
  await rm(rawDir, { recursive: true });
});

async function opened(deps: Partial<SippDeps> = {}): Promise<CallLoad> {
  load = createSippLoad({
    caller: { host: inside, address: CALLER, port: 5061 },
    callee: { host: inside, address: CALLEE, port: CALLEE_PORT },
    routerAddress: CALLEE,
    routerPort: CALLEE_PORT,
    flow: 'invite',
    holdMs: 50,
    cpus: '0',
    clock: systemClock,
    // What the kernel grants everywhere without headroom.
    bufferBytes: 200_000,
    withBufferHeadroom: (start) => start(),
    ...deps,
  });
  await load.open(rawDir);
  return load;
}

function context(more: Partial<LoadContext> = {}): LoadContext & { readonly edges: string[] } {
  const edges: string[] = [];
  return {
    rawDir,
    signal: new AbortController().signal,
    onWindow: (edge) => edges.push(edge),
    edges,
    ...more,
  };
}

const STEADY: LoadPlan = { shape: 'steady', rateCps: 200, warmupMs: 500, windowMs: 1000 };

/** Another SIPp of ours, with a scenario from the fixtures. */
async function fixture(name: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`fixtures/${name}.xml`, import.meta.url));
  const argv = ['sipp', '-sf', file, '-nostdin', '-ci', '127.0.0.1', ...args];
  return inside.spawn(argv, { cwd: rawDir, stdoutFile: '/dev/null', stderrFile: '/dev/null' });
}

test('steady: the window’s calls, and only those, are planned, begun, answered and done', async () => {
  const seen = context();
  const report = await (await opened()).offer(STEADY, seen);
  expect(report).toMatchObject({
    plannedCalls: 200,
    createdCalls: 200,
    successfulCalls: 200,
    failedCalls: 0,
    unfinishedCalls: 0,
    retransmissions: 0,
    unexpectedResponses: {},
  });
  expect(report.setupDelaysMs).toHaveLength(200);
  expect(report.achievedRateCps / 200).toBeGreaterThan(0.9);
  expect(report.achievedRateCps / 200).toBeLessThan(1.1);
  expect(seen.edges).toEqual(['begin', 'end']);
});

// More would not fit into a buffer that every kernel grants, with both ends on one slow CPU.
test.each([1, 60])(
  'burst of %i: all at once, all done, and the same callee serves the next',
  async (calls) => {
    const bench = await opened();
    const processes = new Set<number>();
    for (let round = 0; round < 2; round += 1) {
      const seen = context({
        onProcesses: (all) => all.map(({ pid, role }) => role === 'uas' && processes.add(pid)),
      });
      const report = await bench.offer({ shape: 'burst', calls }, seen);
      expect(report).toMatchObject({ plannedCalls: calls, createdCalls: calls, successfulCalls: calls });
      expect(report.setupDelaysMs).toHaveLength(calls);
      // A generator without enough CPU is the only excuse.
      expect(
        report.generatorFaults.filter((fault) => !/stood still|to leave|fell behind/.test(fault)),
      ).toEqual([]);
      expect(seen.edges).toEqual(['begin', 'end']);
    }
    expect(processes.size).toBe(1);
  },
);

test('options: the callee answers them as well', async () => {
  const report = await (await opened({ flow: 'options' })).offer({ shape: 'burst', calls: 100 }, context());
  expect(report).toMatchObject({ plannedCalls: 100, successfulCalls: 100, retransmissions: 0 });
  expect(report.setupDelaysMs).toHaveLength(100);
});

test('nobody answers: every call is lost, and that is known before the calls time out', async () => {
  const report = await (await opened({ routerPort: 5099 })).offer({ shape: 'burst', calls: 50 }, context());
  expect(report).toMatchObject({
    plannedCalls: 50,
    createdCalls: 50,
    successfulCalls: 0,
    unfinishedCalls: 50,
  });
  expect(report.retransmissions).toBeGreaterThan(0);
  expect(report.setupDelaysMs).toHaveLength(0);
  expect(report.generatorFaults).toEqual([]);
});

test('a 180 that comes after the 200 is no failure', async () => {
  const args = ['-i', CALLEE, '-p', '5071', '-cp', '15071'];
  const late = await fixture('late-180', ...args);
  const report = await (await opened({ routerPort: 5071 })).offer({ shape: 'burst', calls: 20 }, context());
  late.kill('SIGKILL');
  await late.exited;
  expect(report).toMatchObject({
    successfulCalls: 20,
    failedCalls: 0,
    retransmissions: 0,
    unexpectedResponses: {},
  });
});

// SIPp writes the codes with its next report, which a quick end may forestall.
test('refused calls have failed, by status code', { retry: 3 }, async () => {
  const refusing = await fixture('unavailable', '-i', CALLEE, '-p', '5071', '-cp', '15071');
  const report = await (await opened({ routerPort: 5071 })).offer({ shape: 'burst', calls: 20 }, context());
  refusing.kill('SIGKILL');
  await refusing.exited;
  expect(report).toMatchObject({
    plannedCalls: 20,
    successfulCalls: 0,
    failedCalls: 20,
    unexpectedResponses: { 503: 20 },
  });
});

test('the callee answers a phone that repeats its INVITE and cancels too late', async () => {
  await opened();
  const to = `${CALLEE}:${CALLEE_PORT}`;
  const phone = await fixture(
    'cancels-too-late',
    to,
    '-i',
    CALLER,
    '-p',
    '5090',
    '-cp',
    '15090',
    '-m',
    '5',
    '-timeout',
    '10s',
    '-recv_timeout',
    '3000',
  );
  expect(await phone.exited).toMatchObject({ exitCode: 0 });
});

test('an interrupt ends the offer at once, says so, and leaves nothing running', async () => {
  const interrupt = new AbortController();
  const bench = await opened();
  const plan: LoadPlan = { shape: 'steady', rateCps: 100, warmupMs: 200, windowMs: 60_000 };
  const seen = context({ signal: interrupt.signal, onWindow: () => interrupt.abort() });
  const report = await bench.offer(plan, seen);
  expect(report.generatorFaults).toContain('interrupted');
  expect(report.createdCalls).toBeLessThan(report.plannedCalls);
});

test('closing in the middle of an offer ends that too', async () => {
  const bench = await opened();
  let closed: Promise<void> | undefined;
  const plan: LoadPlan = { shape: 'steady', rateCps: 100, warmupMs: 200, windowMs: 60_000 };
  await bench.offer(plan, context({ onWindow: () => (closed ??= bench.close()) }));
  await closed;
});

test('buffers that the kernel does not grant make the generator unfit, by name', async () => {
  const bench = await opened({ bufferBytes: 512 * 1024 * 1024 });
  const { generatorFaults } = await bench.offer({ shape: 'burst', calls: 5 }, context());
  for (const who of ['SIPp caller', 'SIPp callee'])
    expect(generatorFaults.some((fault) => fault.startsWith(`${who}: receive buffer`))).toBe(true);
  expect(generatorFaults.join()).toContain('net.core.rmem_max');
});

test('the socket is made inside the headroom', async () => {
  const path = '/proc/sys/net/core/';
  const keys = ['rmem_max', 'wmem_max'];
  const read = async () => [...(await machine.readFiles(keys.map((key) => path + key))).values()].map(Number);
  const before = await read();
  const wanted = Math.max(...before) + 65_536;
  const bench = await opened({
    bufferBytes: wanted,
    withBufferHeadroom: async (start) => {
      for (const key of keys) await machine.writeFile(path + key, String(wanted));
      try {
        return await start();
      } finally {
        for (const [index, key] of keys.entries()) await machine.writeFile(path + key, String(before[index]));
      }
    },
  });
  const { generatorFaults } = await bench.offer({ shape: 'burst', calls: 5 }, context());
  expect(generatorFaults.filter((fault) => fault.includes('buffer'))).toEqual([]);
  expect(await read()).toEqual(before);
});

test('a port in use is said with the address, and the load can be opened once it is free', async () => {
  const args = ['-i', CALLEE, '-p', String(CALLEE_PORT), '-cp', '15999'];
  const squatter = await fixture('unavailable', ...args);
  await expect
    .poll(async () => (await inside.run(['ss', '-Huan', `sport = :${CALLEE_PORT}`])).stdout, {
      timeout: 10_000,
    })
    .not.toBe('');
  await expect(opened()).rejects.toThrow(/SIPp callee could not start on 198\.18\.2\.1:5070/);
  squatter.kill('SIGKILL');
  await squatter.exited;
  await expect(opened()).resolves.toBeDefined();
});
