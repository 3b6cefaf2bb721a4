// What every router that siptune starts must do, for real: in a namespace of its own, with the configuration that is shipped.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createSippLoad } from '../../src/load/sipp.ts';
import { allocatorsOf } from '../../src/routers/allocators.ts';
import { parseCommandLine } from '../../src/routers/command-line.ts';
import { createRouter } from '../../src/routers/create-router.ts';
import type { Router, RouterKind, RouterSettings } from '../../src/routers/router.ts';
import type { Host } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

export interface RouterSuite {
  readonly kind: RouterKind;
  /** Why the tests cannot run here; undefined: they can. */
  readonly absent: string | undefined;
  /** A text that the parser objects to, and what it says of it. */
  readonly broken: { readonly text: string; readonly says: RegExp };
  /** The shipped configuration with settings of its own: 5 workers, a buffer of 300,000, an address from elsewhere. */
  readonly opinionated: (shipped: string) => string;
  /** This machine as another one; undefined: as itself. */
  readonly machine?: () => Host;
}

const NETNS = 'siptune-test-router';
const ADDRESS = '198.18.4.1';
const PORT = 5060;
const SETTINGS = { workers: 3, maxbufferBytes: 400_000, shmMib: 64, pkgMib: 8, allocator: 'fm' } as const;

const machine = createLocalHost();
const inside = machine.inNetns(NETNS);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export function testRouter({ kind, absent, broken, opinionated, machine: far }: RouterSuite): void {
  describe.skipIf(absent !== undefined)(absent === undefined ? kind : `${kind} (${absent})`, () => {
    const shipped = fileURLToPath(new URL(`../../scenarios/routers/${kind}.cfg`, import.meta.url));
    let workDir = '';
    let router: Router;

    const routerWith = (config: string, settings: RouterSettings = {}) =>
      createRouter({
        host: far ? far().inNetns(NETNS) : inside,
        probeFrom: far ? { host: inside, address: ADDRESS } : undefined,
        spec: {
          kind,
          binary: far ? process.env[`${kind.toUpperCase()}_BIN`] : undefined,
          config,
          service: undefined,
          settings,
        },
        listen: { address: ADDRESS, port: PORT },
        cpus: '0',
        workDir,
        clock: systemClock,
      });
    const configOf = async (text: string): Promise<string> => {
      const path = join(workDir, 'operator.cfg');
      await writeFile(path, text);
      return path;
    };
    const pidsInside = async () =>
      (await machine.run(['ip', 'netns', 'pids', NETNS])).stdout.split('\n').filter(Boolean).map(Number);
    const start = async (settings: Required<RouterSettings> = SETTINGS) => {
      const outcome = await router.start(settings);
      if (outcome.state === 'failed') expect.unreachable(`${outcome.reason}\n${outcome.log.join('\n')}`);
      return outcome;
    };
    const ask = async (method: string, uri: string) =>
      (
        await inside.run([process.execPath, script('sip-exchange.mjs'), ADDRESS, String(PORT), method, uri])
      ).stdout.trim();

    beforeAll(async () => {
      await machine.run(['ip', 'netns', 'del', NETNS]);
      for (const args of [
        ['netns', 'add', NETNS],
        ['-n', NETNS, 'link', 'set', 'lo', 'up'],
        ['-n', NETNS, 'addr', 'add', `${ADDRESS}/32`, 'dev', 'lo'],
      ])
        expect(await machine.run(['ip', ...args])).toMatchObject({ exitCode: 0 });
    });
    afterAll(() => machine.run(['ip', 'netns', 'del', NETNS]));

    beforeEach(async () => {
      workDir = await mkdtemp(join(tmpdir(), 'siptune-test-router-'));
      router = routerWith(shipped);
    });
    afterEach(async () => {
      await router.stop();
      await expect.poll(pidsInside).toEqual([]);
      await rm(workDir, { recursive: true });
    });

    test('says what it is', async () => {
      const facts = await router.facts();
      expect(facts).toMatchObject({ kind, unoptimised: false, shmMmap: true, fastLock: true });
      expect(facts.version).toMatch(/^\d+\.\d+/);
      expect(facts.allocators).toContain('F_MALLOC');
    });

    test('is ready when it answers OPTIONS, with the workers that were asked for, on its CPUs', async () => {
      const { processes } = await start();
      expect(processes.filter(({ udpWorker }) => udpWorker)).toHaveLength(SETTINGS.workers);
      expect(processes.map(({ pid }) => pid).sort()).toEqual((await pidsInside()).sort());
      for (const { pid } of processes)
        expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Cpus_allowed_list:\t0$/m);
      expect(await ask('OPTIONS', `sip:${ADDRESS}:${PORT}`)).toBe('SIP/2.0 200 OK');
      expect(await router.isAlive()).toBe(true);
    });

    test('its receive buffer is what -b and rmem_max make of it', async () => {
      const [rmemMax, rmemDefault] = await Promise.all(
        ['rmem_max', 'rmem_default'].map(async (name) =>
          Number(await readFile(`/proc/sys/net/core/${name}`, 'utf8')),
        ),
      );
      await start();
      const asked = await router.effectiveRcvbufBytes();
      const wanted = Math.max(2 * Math.min(SETTINGS.maxbufferBytes, rmemMax ?? 0), rmemDefault ?? 0);
      // The probe goes up in steps, and ends below what was asked for.
      expect(asked).toBeGreaterThan(0.95 * wanted);
      expect(asked).toBeLessThanOrEqual(wanted);
      // The kernel doubles a request that it has cut to rmem_max.
      await router.restart({ ...SETTINGS, maxbufferBytes: 2 * (rmemMax ?? 0) });
      expect(await router.effectiveRcvbufBytes()).toBe(2 * (rmemMax ?? 0));
    });

    test('every memory manager of the build starts, and is the one in force', async () => {
      const names = allocatorsOf(await router.facts());
      expect(names).toEqual(expect.arrayContaining(['qm', 'fm']));
      for (const allocator of names) {
        const { processes } = await start({ ...SETTINGS, allocator });
        const main = Math.min(...processes.map(({ pid }) => pid));
        const cmdline = await readFile(`/proc/${main}/cmdline`, 'utf8');
        expect(parseCommandLine(cmdline).settings.allocator).toBe(allocator);
        await router.stop();
      }
    });

    test('relays whole calls, and counts them', async () => {
      await start();
      const before = await router.stats();
      const load = createSippLoad({
        caller: { host: inside, address: ADDRESS, port: 5061 },
        callee: { host: inside, address: ADDRESS, port: 5070 },
        routerAddress: ADDRESS,
        routerPort: PORT,
        flow: 'invite',
        holdMs: 50,
        cpus: '1',
        clock: systemClock,
        bufferBytes: 200_000,
        withBufferHeadroom: (begin) => begin(),
      });
      await load.open(workDir);
      const report = await load
        .offer(
          { shape: 'steady', rateCps: 40, warmupMs: 500, windowMs: 1_000 },
          { rawDir: workDir, signal: new AbortController().signal, onWindow: () => {} },
        )
        .finally(() => load.close());
      expect(report).toMatchObject({ plannedCalls: 40, successfulCalls: 40 });

      const after = await router.stats();
      expect(after['shm:totalBytes']).toBe(SETTINGS.shmMib * 1024 ** 2);
      expect(after['shm:usedBytes']).toBeGreaterThan(before['shm:usedBytes'] ?? Number.NaN);
      expect(after['shm:maxUsedBytes']).toBeGreaterThanOrEqual(after['shm:usedBytes'] ?? Number.NaN);
      expect(after['pkg:worstUsedShare']).toBeGreaterThan(0);
      expect(after['pkg:worstUsedShare']).toBeLessThan(1);
      // Ended calls stay for some seconds (RFC 3261, 17): the INVITE's transaction and the BYE's.
      expect(after['tm:inUse']).toBeGreaterThanOrEqual(2 * 40);
      // INVITE, ACK and BYE of each call.
      expect((after['core:rcv_requests'] ?? 0) - (before['core:rcv_requests'] ?? 0)).toBeGreaterThanOrEqual(
        3 * 60,
      );
    });

    test('relays CANCEL, and takes the ACK to the negative answer for its own', async () => {
      await start();
      const argv = [process.execPath, script('cancelled-call.mjs'), ADDRESS, String(PORT)];
      const seen = JSON.parse((await inside.run(argv)).stdout);
      expect(seen.callee).toEqual(['INVITE', 'CANCEL', 'ACK']);
      expect(seen.caller).toEqual(expect.arrayContaining(['180 INVITE', '200 CANCEL', '487 INVITE']));
    });

    test('is no open relay, also not by a name that looks like an address', async () => {
      await start();
      for (const host of ['192.0.2.1', '198.18.4.1.example.net', '127.0.0.1.example.net', 'localhost'])
        for (const method of ['INVITE', 'OPTIONS'])
          expect(await ask(method, `sip:bench@${host}:5070`), `${method} to ${host}`).toMatch(
            /^SIP\/2\.0 403 /,
          );
    });

    test('a restart takes other settings, and ends every process of before', async () => {
      const first = await start();
      const outcome = await router.restart({ ...SETTINGS, workers: 1, shmMib: 96 });
      if (outcome.state === 'failed') expect.unreachable(outcome.reason);
      expect(outcome.processes.filter(({ udpWorker }) => udpWorker)).toHaveLength(1);
      expect((await router.stats())['shm:totalBytes']).toBe(96 * 1024 ** 2);
      const now = await pidsInside();
      expect(first.processes.filter(({ pid }) => now.includes(pid))).toEqual([]);
    });

    test('stop leaves no process, socket or control file, and can be said twice', async () => {
      await start();
      await router.stats();
      await router.stop();
      await router.stop();
      expect(await pidsInside()).toEqual([]);
      expect(await router.isAlive()).toBe(false);
      expect(await router.effectiveRcvbufBytes()).toBeNull();
      expect(await router.stats()).toEqual({});
      expect(await router.processes()).toEqual([]);
      expect((await readdir(workDir)).filter((name) => !/\.(log|cfg)$/.test(name))).toEqual([]);
      expect((await router.logTail(50)).length).toBeGreaterThan(0);
    });

    test('settings of the configuration are today’s, and do not win over those of a trial', async () => {
      router = routerWith(await configOf(opinionated(await readFile(shipped, 'utf8'))));
      expect(await router.currentSettings()).toMatchObject({ workers: 5, maxbufferBytes: 300_000 });
      const { processes } = await start();
      expect(processes.filter(({ udpWorker }) => udpWorker)).toHaveLength(SETTINGS.workers);
      expect((await router.stats())['shm:totalBytes']).toBe(SETTINGS.shmMib * 1024 ** 2);
      expect(await router.effectiveRcvbufBytes()).toBeGreaterThan(2 * 0.95 * SETTINGS.maxbufferBytes);
    });

    test('the scenario’s word on today’s settings goes first', async () => {
      router = routerWith(shipped, { workers: 7, shmMib: 512 });
      expect(await router.currentSettings()).toMatchObject({
        workers: 7,
        shmMib: 512,
        maxbufferBytes: 262_144,
      });
    });

    test('a broken configuration fails with the parser’s own words about the operator’s file', async () => {
      const config = await configOf(broken.text);
      router = routerWith(config);
      const outcome = await router.start(SETTINGS);
      if (outcome.state === 'ready') expect.unreachable('it started');
      expect(outcome.reason).toContain('exit status');
      const said = outcome.log.find((line) => broken.says.test(line));
      expect(said, outcome.log.join('\n')).toContain(config);
      expect(await pidsInside()).toEqual([]);
    });

    test('a port in use is said, with who holds it; nobody is ended for it', async () => {
      const argv = [process.execPath, '-e', "require('dgram').createSocket('udp4').bind(5060, '0.0.0.0')"];
      const holder = await inside.spawn(argv);
      await expect.poll(() => router.effectiveRcvbufBytes()).not.toBeNull();
      const outcome = await router.start(SETTINGS);
      if (outcome.state === 'ready') expect.unreachable('it started');
      expect(outcome.reason).toContain(`port ${PORT}`);
      expect(outcome.reason).toContain(`(PID ${holder.pid})`);
      expect(await pidsInside()).toEqual([holder.pid]);
      holder.kill('SIGKILL');
      await holder.exited;
    });

    test('a router that is killed is seen as dead, leaves no workers, and starts again', async () => {
      const { processes } = await start();
      const main = processes.find(({ role }) => /attendant/.test(role));
      process.kill(main?.pid ?? 0, 'SIGKILL');
      await expect.poll(pidsInside).toEqual([]);
      await expect.poll(() => router.isAlive()).toBe(false);
      expect(await router.stats()).toEqual({});
      await start();
      expect(await router.isAlive()).toBe(true);
    });

    test('a start that is interrupted leaves nothing', async () => {
      const outcome = await router.start(SETTINGS, AbortSignal.abort());
      expect(outcome).toMatchObject({ state: 'failed', reason: expect.stringContaining('interrupted') });
      expect(await pidsInside()).toEqual([]);
    });
  });
}
