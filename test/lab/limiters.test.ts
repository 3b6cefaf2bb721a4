// Faults that are induced in the real lab, each named as what it is: the limiter of an overloaded trial, by its counter, and a
// trial that another process spoilt as invalid. One test bed for all of them, with a slow link towards the callee.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TrialRecord } from '../../src/campaign/events.ts';
import type { Prepared } from '../../src/campaign/test-bed.ts';
import type { Configuration } from '../../src/knobs/knob.ts';
import type { LoadPlan } from '../../src/load/load.ts';
import { splitCpus } from '../../src/targets/lab/split-cpus.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { type LabBed, openLabBed } from '../support/lab-bed.ts';

const machine = createLocalHost();
const { notFound } = await machine.run(['kamailio', '-v']);
const shipped = fileURLToPath(new URL('../../scenarios/routers/kamailio.cfg', import.meta.url));

/** More than enough for a call's two transactions, and no more than a link of 20 Mbit/s takes. */
const STEADY: LoadPlan = { shape: 'steady', rateCps: 400, warmupMs: 500, windowMs: 2_500 };
/** A noisy machine may spoil a trial, but not all of them. */
const ATTEMPTS = 5;

let folder = '';
let config = '';
let lab: LabBed;
let prepared: Prepared;

beforeAll(async () => {
  if (notFound) return;
  folder = await mkdtemp(join(tmpdir(), 'siptune-test-limiters-'));
  config = join(folder, 'kamailio.cfg');
  await writeFile(config, await readFile(shipped));
  const knob = (name: string) => ({ name, min: undefined, max: undefined });
  lab = await openLabBed({
    overrides: {
      target: { kind: 'lab', egressBitsPerS: 10_000_000 },
      router: {
        kind: 'kamailio',
        binary: undefined,
        config,
        service: undefined,
        settings: { workers: 2, maxbufferBytes: 1_048_576, shmMib: 256, pkgMib: 8 },
      },
      load: { flow: 'invite', holdMs: 200, uaRateCps: 0, warmupMs: 500, windowMs: 2_500 },
      knobs: ['txqueuelen', 'net.core.netdev_max_backlog', 'kernel.shmmax', 'net.core.rmem_max'].map(knob),
      contenders: [],
    },
  });
  prepared = await lab.bed.prepare();
}, 60_000);

afterEach(async () => {
  if (!notFound && (await readFile(config, 'utf8')) !== (await readFile(shipped, 'utf8')))
    await writeFile(config, await readFile(shipped));
});

afterAll(async () => {
  if (notFound) return;
  const restored = await lab.bed.restore();
  await lab.dispose();
  await rm(folder, { recursive: true });
  expect(restored).toEqual({ complete: true, failures: [] });
});

/** The trial under this load, again for as long as the machine spoils it, or until it is as `wanted`. */
async function offered(
  configuration: Configuration,
  plan: LoadPlan,
  wanted: (trial: TrialRecord) => boolean = ({ verdict }) => verdict.state !== 'invalid',
): Promise<TrialRecord> {
  const applied = await lab.bed.apply(configuration, 'test');
  expect(applied).toMatchObject({ state: 'applied' });
  for (let attempt = 1; ; attempt += 1) {
    // What the load before left behind ends with the router.
    if (attempt > 1 || (applied.state === 'applied' && !applied.restarted)) await lab.bed.recover();
    const trial = await lab.bed.offer('fault', plan);
    if (wanted(trial) || attempt === ATTEMPTS) return trial;
  }
}

const overloadedBy = (limiter: string, evidence: RegExp) => ({
  verdict: expect.objectContaining({
    state: 'overloaded',
    limiter,
    evidence: expect.stringMatching(evidence),
  }),
});

const here = test.skipIf(notFound);

here('what does nothing is left out with its reason, and what acts was seen to act', () => {
  const reasons = Object.fromEntries(prepared.inert.map(({ knob, reason }) => [knob, reason]));
  expect(reasons['kernel.shmmax']).toMatch(/SHM_MMAP/);
  expect(reasons['net.core.rmem_max']).toMatch(/asks for at most maxbuffer \(1048576 bytes\)/);
  expect(prepared.inPlay.map(({ knob }) => knob.name)).toEqual(['txqueuelen', 'net.core.netdev_max_backlog']);
});

here('nothing is wrong: the load is carried, and the meters say what a call costs', async () => {
  const trial = await offered({}, STEADY, ({ verdict }) => verdict.state === 'carried');
  expect(trial).toMatchObject({ verdict: { state: 'carried' } });
  expect(trial.meters.cpuBound?.fullAtCps).toBeGreaterThan(400);
});

here('a receive buffer of a few datagrams: the router’s socket', async () => {
  // A request of 4,096 bytes at most, which the kernel doubles.
  const least = {
    'net.core.rmem_default': 4_096,
    'net.core.rmem_max': 4_096,
    'router.maxbuffer': 65_536,
  };
  const trial = await offered(least, { shape: 'burst', calls: 100 });
  expect(trial).toMatchObject(overloadedBy('socket-buffer', /^\d+ datagrams dropped at the router's socket/));
});

here('netdev_max_backlog of one packet, with receive packet steering: the softnet backlog', async () => {
  const trial = await offered({ 'net.core.netdev_max_backlog': 1 }, { shape: 'burst', calls: 100 });
  expect(trial).toMatchObject(overloadedBy('softnet-backlog', /^\d+ packets dropped at netdev_max_backlog/));
});

here('a transmit queue of a few packets on the slow link: the queue discipline', async () => {
  const trial = await offered({ txqueuelen: 5 }, { shape: 'burst', calls: 300 });
  expect(trial).toMatchObject(overloadedBy('qdisc', /^\d+ packets dropped by the queue discipline/));
});

here('too little shared memory: that, and not the speed of the router', async () => {
  const trial = await offered({ 'router.shm': 20 }, { ...STEADY, warmupMs: 1_500 } as LoadPlan);
  expect(trial).toMatchObject(overloadedBy('shm', /^\d+ out-of-memory messages/));
});

here('one worker with a slow route block: its CPU', async () => {
  const slow = `
	$var(n) = 0;
	while ($var(n) < 20000) {
		$var(n) = $var(n) + 1;
	}
`;
  const text = await readFile(shipped, 'utf8');
  await writeFile(
    config,
    text
      .replace('dns=no\n', 'dns=no\nmax_while_loops=1000000\n')
      .replace('request_route {\n', `request_route {${slow}`),
  );
  const trial = await offered({ 'router.workers': 1 }, STEADY);
  expect(trial).toMatchObject(
    overloadedBy('worker-cpu', /^(router core \d+ % busy|one process of the router used \d+ %)/),
  );
});

here('a generator that another process keeps from its core: invalid, and that process is named', async () => {
  const pidFile = join(folder, 'busy.pid');
  const busyPid = async () => {
    const text = await readFile(pidFile, 'utf8').catch(() => '');
    return /^\d+\n$/.test(text) ? Number(text) : null;
  };
  await lab.bed.apply({}, 'test');
  await lab.bed.recover();
  const { loadCpus } = splitCpus(Number((await machine.run(['nproc', '--all'])).stdout));
  // Forked away from this process: siptune's own children are no strangers.
  const loop = ['sh', '-c', 'exec >/dev/null 2>&1; echo $$ >"$0"; while :; do :; done', pidFile];
  await machine.run(['setsid', '--fork', 'nice', '-n', '-10', 'taskset', '-c', loadCpus, ...loop]);
  try {
    await expect.poll(busyPid).not.toBeNull();
    const trial = await lab.bed.offer('starved', STEADY);
    expect(trial.verdict).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/^another process: sh \(PID \d+\) used \d+ % of CPU \d+|^generator: /),
    });
  } finally {
    const pid = await busyPid();
    if (pid !== null) process.kill(pid, 'SIGKILL');
  }
});
