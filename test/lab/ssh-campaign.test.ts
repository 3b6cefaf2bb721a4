// A whole campaign on the lab's router, reached over SSH: a verdict, and everything as it was before. Where a machine with
// systemd can be booted, machine-campaign.test.ts shows the same of that one, and this is one of the long tests.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLab } from '../../src/targets/lab/lab.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { writeLabScenario } from '../support/lab-over-ssh.ts';
import { LONG_TESTS } from '../support/long-tests.ts';
import { machineAbsent } from '../support/machine.ts';
import { noSshServer, type SshServer, startSshServer } from '../support/ssh-server.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const BUDGET_MS = 180_000;

const machine = createLocalHost();
const lab = createLab(machine);
const { notFound } = await machine.run(['kamailio', '-v']);
const absent =
  noSshServer ??
  (notFound
    ? "not tested: Debian's package kamailio is not installed"
    : LONG_TESTS || machineAbsent() !== undefined
      ? undefined
      : 'a campaign over SSH to the lab is a long test');

describe.skipIf(absent)(absent ?? 'a campaign over SSH', () => {
  let server: SshServer;
  beforeAll(async () => {
    await lab.up();
    server = await startSshServer();
  });
  afterAll(async () => {
    await server.stop();
    await lab.down();
  });

  const settings = async () => (await machine.run(['sysctl', '-a', '--pattern', '^net\\.core\\.'])).stdout;
  const folders = async () => (await readdir('/run')).filter((name) => name.startsWith('siptune-'));

  test('gives a verdict and leaves nothing', { timeout: 2 * BUDGET_MS }, async () => {
    const before = { settings: await settings(), folders: await folders() };
    const out = join(server.folder, 'results');
    const scenario = await writeLabScenario(server.folder, server.port);
    const argv = ['--import', 'tsx', CLI, 'run', scenario, '--budget', '3m', '--json', '--out', out];
    const result = await machine.run([process.execPath, ...argv], {
      timeoutMs: 2 * BUDGET_MS,
      env: { SIPTUNE_SSH_CONFIG: server.configFile },
    });
    expect(result.exitCode, result.stderr).toBeLessThanOrEqual(1);
    expect(JSON.parse(result.stdout)).toMatchObject({
      verdict: expect.stringMatching(/^(improved|not-proven)$/),
      restored: true,
      target: { host: `ssh://root@127.0.0.1:${server.port}`, router: 'kamailio' },
    });
    expect({ settings: await settings(), folders: await folders() }).toEqual(before);
    expect((await machine.run(['ip', 'netns', 'pids', LAB.routerNetns])).stdout).toBe('');
    const [campaign = ''] = await readdir(out);
    const journal = await readFile(join(out, campaign, 'journal.jsonl'), 'utf8');
    expect(journal).toContain('"type":"remote-opened"');
    const said = await machine.run([process.execPath, '--import', 'tsx', CLI, 'restore', '--out', out]);
    expect(said.stdout).toContain('Nothing to restore');
  });
});
