// A router that a service manager runs: the real Kamailio as a daemon, restarted by a command, in a namespace of its own.
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createRouter } from '../../src/routers/create-router.ts';
import type { Router } from '../../src/routers/router.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { restoreOriginals } from '../../src/targets/originals.ts';

const NETNS = 'siptune-test-service';
const LISTEN = { address: '198.18.5.1', port: 5060 };
const DEFAULTS = '# sizes in MB\nSHM_MEMORY=64\n#PKG_MEMORY=8\nUSER=kamailio\n';

const machine = createLocalHost();
const inside = machine.inNetns(NETNS);
const { notFound } = await machine.run(['kamailio', '-v']);

describe.skipIf(notFound)("Kamailio as a service (needs Debian's package kamailio)", () => {
  let folder = '';
  let defaultsFile = '';
  let manager: (action: string) => string[];
  let router: Router;
  const today = { workers: 3, maxbufferBytes: 262_144, shmMib: 64, pkgMib: 8, allocator: 'qm' };

  beforeAll(async () => {
    await machine.run(['ip', 'netns', 'del', NETNS]);
    for (const args of [
      ['netns', 'add', NETNS],
      ['-n', NETNS, 'link', 'set', 'lo', 'up'],
      ['-n', NETNS, 'addr', 'add', `${LISTEN.address}/32`, 'dev', 'lo'],
    ])
      expect(await machine.run(['ip', ...args])).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => machine.run(['ip', 'netns', 'del', NETNS]));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'siptune-test-service-'));
    // As on a machine whose /etc is kept elsewhere: the file is a link.
    await writeFile(join(folder, 'real-defaults'), DEFAULTS);
    await chmod(join(folder, 'real-defaults'), 0o640);
    defaultsFile = join(folder, 'defaults');
    await symlink('real-defaults', defaultsFile);
    const shipped = new URL('../../scenarios/routers/kamailio.cfg', import.meta.url);
    const config = join(folder, 'service.cfg');
    await writeFile(config, (await readFile(shipped, 'utf8')).replace('debug=1\n', 'debug=1\nchildren=3\n'));
    const pidFile = join(folder, 'kamailio.pid');
    const script = fileURLToPath(new URL('../support/kamailio-service.mjs', import.meta.url));
    manager = (action) => [
      ...['ip', 'netns', 'exec', NETNS, process.execPath, script, action],
      ...[defaultsFile, config, pidFile, LISTEN.address, String(LISTEN.port)],
    ];
    router = createRouter({
      host: inside,
      spec: {
        kind: 'kamailio',
        binary: undefined,
        config: undefined,
        service: { restartCommand: manager('restart'), defaultsFile, pidFile },
        settings: {},
      },
      listen: LISTEN,
      cpus: undefined,
      workDir: folder,
      clock: systemClock,
    });
    expect(await machine.run(manager('restart'))).toMatchObject({ exitCode: 0 });
  });
  afterEach(async () => {
    await machine.run(manager('stop'));
    await expect.poll(async () => (await machine.run(['ip', 'netns', 'pids', NETNS])).stdout).toBe('');
    await rm(folder, { recursive: true });
  });

  const shmOf = async (pid: number | undefined) =>
    /\0-m\0(\d+)\0/.exec(await readFile(`/proc/${pid}/cmdline`, 'utf8'))?.[1];

  test('today’s settings are those of the running service', async () => {
    expect(router.managedBy).toBe('service');
    expect(await router.currentSettings()).toEqual(today);
    expect(await router.isAlive()).toBe(true);
    expect(await router.effectiveRcvbufBytes()).toBeGreaterThan(0);
  });

  test('memory sizes go where the service reads them, and nothing else of that file changes', async () => {
    const outcome = await router.restart({ ...today, shmMib: 96 });
    if (outcome.state === 'failed') expect.unreachable(outcome.reason);
    expect(await readFile(defaultsFile, 'utf8')).toBe(
      `${DEFAULTS.replace('SHM_MEMORY=64', 'SHM_MEMORY=96')}PKG_MEMORY=8\n`,
    );
    expect((await lstat(defaultsFile)).isSymbolicLink()).toBe(true);
    expect((await stat(defaultsFile)).mode & 0o777).toBe(0o640);
    expect((await readdir(folder)).filter((name) => name.includes('siptune'))).toEqual([]);
    expect(await shmOf(outcome.processes[0]?.pid)).toBe('96');
    expect((await router.currentSettings()).shmMib).toBe(96);
    // Main, three workers, and timers.
    expect(outcome.processes.length).toBeGreaterThanOrEqual(5);
  });

  test('what is recorded before brings the file back byte for byte, and the service with it', async () => {
    const originals = await router.originals();
    await router.restart({ ...today, shmMib: 96, pkgMib: 16 });
    const steps = await restoreOriginals(originals, machine);
    expect(steps.map(({ outcome }) => outcome.state)).toEqual(['restored']);
    expect(await readFile(defaultsFile, 'utf8')).toBe(DEFAULTS);
    expect(await shmOf((await router.processes())[0]?.pid)).toBe('64');
  });

  test('a restart with today’s settings writes nothing', async () => {
    expect(await router.restart(today)).toMatchObject({ state: 'ready' });
    expect(await readFile(defaultsFile, 'utf8')).toBe(DEFAULTS);
  });

  test('workers are the operator’s: said, and nothing is touched', async () => {
    const before = (await router.processes())[0]?.pid;
    const outcome = await router.start({ ...today, workers: 2, shmMib: 96 });
    expect(outcome).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/workers .* from 3 to 2/),
    });
    expect(await readFile(defaultsFile, 'utf8')).toBe(DEFAULTS);
    expect((await router.processes())[0]?.pid).toBe(before);
  });

  test('stop leaves a service running; when it is gone, that is seen', async () => {
    await router.stop();
    expect(await router.isAlive()).toBe(true);
    await machine.run(manager('stop'));
    expect(await router.isAlive()).toBe(false);
    expect(await router.processes()).toEqual([]);
    expect(await router.stats()).toEqual({});
  });
});
