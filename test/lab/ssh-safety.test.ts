// Nothing is left worse on another machine either: a siptune that is killed is undone there by the machine itself, and here by
// this one; siptune restore does not wait for that, and finds the other machine by the journal, or by its address alone.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { GENERATORS_DIR } from '../../src/safety/guard-generators.ts';
import { STATE_DIR } from '../../src/safety/state-dir.ts';
import type { RunningCommand } from '../../src/targets/host.ts';
import { createLab } from '../../src/targets/lab/lab.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { writeLabScenario } from '../support/lab-over-ssh.ts';
import { LONG_TESTS } from '../support/long-tests.ts';
import { noSshServer, type SshServer, startSshServer } from '../support/ssh-server.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const PATIENCE = { timeout: 60_000, interval: 100 };
/** The first write comes after `current` was measured, which takes as long as the machine is slow. */
const A_SEARCH = { timeout: 170_000, interval: 100 };

const machine = createLocalHost();
const lab = createLab(machine);
const [kamailio, sipp] = [await machine.run(['kamailio', '-v']), await machine.run(['sipp', '-v'])];
const absent =
  noSshServer ??
  (kamailio.notFound || sipp.notFound ? 'not tested: Kamailio or SIPp is not installed' : undefined);

describe.skipIf(absent)(absent ?? 'a campaign over SSH that is killed', () => {
  let server: SshServer;
  let campaigns = 0;
  let running: RunningCommand | undefined;
  beforeAll(async () => {
    await lab.up();
    server = await startSshServer();
  });
  afterEach(async () => {
    running?.kill('SIGKILL');
    await running?.exited;
  });
  afterAll(async () => {
    await server.stop();
    await lab.down();
  });

  const siptune = (...args: readonly string[]) => [process.execPath, '--import', 'tsx', CLI, ...args];
  const env = () => ({ SIPTUNE_SSH_CONFIG: server.configFile });
  const leases = async () =>
    (
      await Promise.all(
        [STATE_DIR, GENERATORS_DIR].map(async (dir) =>
          (await readdir(dir).catch((): string[] => [])).includes('lease') ? [dir] : [],
        ),
      )
    ).flat();
  const left = async (id: string) => ({
    settings: (await machine.run(['sysctl', '-a', '--pattern', '^net\\.core\\.'])).stdout,
    folders: (await readdir('/run')).filter((name) => name.startsWith('siptune-router-')),
    router: (await machine.run(['ip', 'netns', 'pids', LAB.routerNetns])).stdout,
    processes: (
      await machine.run([
        'sh',
        '-c',
        'grep -lF -- "SIPTUNE_CAMPAIGN=:$1:" /proc/[0-9]*/environ 2>&-',
        'sh',
        id,
      ])
    ).stdout,
  });

  async function startCampaign(deadman: string, word: RegExp) {
    const out = join(server.folder, `results-${campaigns++}`);
    const scenario = await writeLabScenario(server.folder, server.port);
    await writeFile(scenario, `${await readFile(scenario, 'utf8')}safety: { deadman: ${deadman} }\n`);
    const log = join(server.folder, 'run.out');
    const run = await machine.spawn(siptune('run', scenario, '--out', out), {
      ...{ stdoutFile: log, stderrFile: log, env: env() },
    });
    running = run;
    const id = async () => (await readdir(out).catch((): string[] => []))[0] ?? '';
    const journal = async () => readFile(join(out, await id(), 'journal.jsonl'), 'utf8').catch(() => '');
    await expect.poll(journal, A_SEARCH).toMatch(word);
    return { run, out, id: await id(), journal };
  }

  // A kill between two locks leaves the second without a timer: nothing is changed yet, and the next command removes it.
  const ARMED = /"armed"[\s\S]*"armed"/;
  test.each([ARMED, /"remote-opened"/, ...(LONG_TESTS ? [/"write-result"/, /"trial"/] : [])])(
    'after %s: both machines are as they were, and the journal learns of it',
    { timeout: 300_000 },
    async (word) => {
      const before = await left('none');
      const { run, out, id, journal } = await startCampaign('5s', word);
      run.kill('SIGKILL');
      await run.exited;
      await expect.poll(leases, PATIENCE).toEqual([]);
      expect(await left(id)).toEqual(before);
      const restore = await machine.run(siptune('restore', '--out', out), { timeoutMs: 60_000, env: env() });
      expect(restore, restore.stderr).toMatchObject({ exitCode: 0, stderr: '' });
      if (word !== ARMED) expect(await journal()).toContain('"type":"restored","complete":true');
      const again = await machine.run(siptune('restore', '--out', out), { timeoutMs: 60_000, env: env() });
      expect(again.stdout).toContain('Nothing to restore');
    },
  );

  test('a restore while it runs is refused by name; afterwards it is done at once, by the journal', async () => {
    const before = await left('none');
    const { run, out, id } = await startCampaign('10m', /"write-result"/);
    const restore = () => machine.run(siptune('restore', '--out', out), { timeoutMs: 60_000, env: env() });
    expect(await restore()).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`campaign ${id} (process ${run.pid} of`),
    });
    run.kill('SIGKILL');
    await run.exited;
    expect(await restore()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${id}`) });
    expect(await left(id)).toEqual(before);
    expect(await leases()).toEqual([]);
  });

  test('without its journal, by the address of the machine', async () => {
    const before = await left('none');
    const { run, id } = await startCampaign('10m', /"write-result"/);
    run.kill('SIGKILL');
    await run.exited;
    const address = `ssh://root@127.0.0.1:${server.port}`;
    const argv = siptune('restore', '--target', address, '--out', join(server.folder, 'no-results'));
    const restore = await machine.run(argv, { timeoutMs: 60_000, env: env() });
    expect(restore, restore.stderr).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`${id} on ${address}: `),
    });
    const { settings, folders, router } = await left(id);
    expect({ settings, folders, router }).toEqual({
      settings: before.settings,
      folders: before.folders,
      router: before.router,
    });
    // The generators' side, which no journal names: this machine's own business.
    await machine.run(siptune('restore', '--out', join(server.folder, 'no-results')), { timeoutMs: 60_000 });
    expect(await left(id)).toEqual(before);
    expect(await leases()).toEqual([]);
  });
});
