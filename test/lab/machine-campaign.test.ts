// The nearest to a customer's staging router: a campaign over SSH on a machine with systemd, where Kamailio is a packaged
// service. Restarts by systemctl alone, and files and settings as they were, on both machines: after Ctrl-C once both were
// changed, and in the long tests after a whole campaign, with its verdict.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STATE_DIR } from '../../src/safety/state-dir.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { LONG_TESTS } from '../support/long-tests.ts';
import { bootMachine, MACHINE, machineAbsent, type TestMachine } from '../support/machine.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
/** The least there is: it is the way there and back that is tested. */
const BUDGET_MS = 180_000;
const DEFAULTS = '/etc/default/kamailio';

const host = createLocalHost();
const { notFound } = await host.run(['sipp', '-v']);
const absent =
  machineAbsent() ?? (notFound ? "not tested: Debian's package sip-tester is not installed" : undefined);

describe.skipIf(absent)(absent ?? 'a campaign over SSH on a machine with systemd', () => {
  let folder = '';
  let scenario = '';
  let machine: TestMachine;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'siptune-test-machine-campaign-'));
    machine = await bootMachine();
    scenario = join(folder, 'scenario.yaml');
    const outside = `netns: ${MACHINE.outsideNetns}`;
    await writeFile(
      scenario,
      `name: test-machine
target:
  host: ssh://root@${MACHINE.name}
  address: ${MACHINE.address}
  device: ${MACHINE.device}
  caller: { ${outside}, address: ${MACHINE.callerAddress} }
  callee: { ${outside}, address: ${MACHINE.calleeAddress} }
router:
  kind: kamailio
  service: { restart: [systemctl, restart, kamailio], defaults: ${DEFAULTS}, pidFile: /run/kamailio/kamailio.pid }
load: { hold: 200ms, window: 2s, warmup: 500ms }
objective: { maximise: burst }
knobs: [txqueuelen, kernel.shmmax, router.shm, router.pkg]
search: { sampler: local-steps } # it changes settings that nothing speaks for, too
budget: ${BUDGET_MS / 1000}s
`,
    );
  });
  afterAll(async () => {
    await machine?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const said = async (...argv: readonly string[]) => (await machine.inside(argv)).stdout.trim();
  const argv = (...args: readonly string[]) => [process.execPath, '--import', 'tsx', CLI, ...args];
  const env = () => ({ SIPTUNE_SSH_CONFIG: machine.sshConfig });
  const siptune = (...args: readonly string[]) =>
    host.run(argv(...args), { timeoutMs: 2 * BUDGET_MS, env: env() });
  /** Everything that the campaign may have changed, inside and here. */
  const settings = async () => ({
    defaults: await said('cat', DEFAULTS),
    flags: (await said('ps', '-o', 'args=', '-C', 'kamailio')).split('\n')[0],
    queue: await said('cat', `/sys/class/net/${MACHINE.device}/tx_queue_len`),
    kernel: await said('sysctl', '-n', 'kernel.shmmax', 'kernel.shmall'),
    folders: await said('sh', '-c', 'ls -d /run/siptune-* /tmp/siptune-* 2>&-'),
    here: (await host.run(['sysctl', 'net.core.rmem_max', 'net.core.wmem_max'])).stdout,
  });
  const starts = async () =>
    Number(await said('sh', '-c', 'journalctl -u kamailio -o cat | grep -c "^Started"'));

  test('is planned without a change', async () => {
    const before = { ...(await settings()), starts: await starts() };
    const plan = await siptune('plan', scenario, '--json', '--out', join(folder, 'plans'));
    expect(plan, plan.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(plan.stdout)).toMatchObject({
      target: { host: `ssh://root@${MACHINE.name}` },
      steps: expect.arrayContaining([
        expect.objectContaining({ command: ['systemctl', 'restart', 'kamailio'] }),
      ]),
    });
    expect({ ...(await settings()), starts: await starts() }).toEqual(before);
    expect((await machine.inside(['test', '-e', STATE_DIR])).exitCode).toBe(1);
  });

  const ends = LONG_TESTS
    ? { how: 'gives a verdict', verdict: /^(improved|not-proven)$/, exitCodes: [0, 1] }
    : { how: 'is ended by Ctrl-C', verdict: /^aborted$/, exitCodes: [130] };
  test(`${ends.how}, restarts by systemctl, and leaves files and flags as they were`, {
    timeout: 2 * BUDGET_MS,
  }, async () => {
    const before = await settings();
    const startsBefore = await starts();
    const out = join(folder, 'results');
    const [stdoutFile, stderrFile] = [join(folder, 'run.json'), join(folder, 'run.err')];
    const run = await host.spawn(argv('run', scenario, '--json', '--out', out), {
      ...{ stdoutFile, stderrFile, env: env() },
    });
    const journalPath = async () => join(out, (await readdir(out))[0] ?? '', 'journal.jsonl');
    if (!LONG_TESTS) {
      const written = async () => readFile(await journalPath(), 'utf8').catch(() => '');
      await expect.poll(written, { timeout: BUDGET_MS, interval: 100 }).toContain('"type":"write"');
      run.kill('SIGINT');
    }
    const { exitCode } = await run.exited;
    const [stdout, stderr] = [await readFile(stdoutFile, 'utf8'), await readFile(stderrFile, 'utf8')];
    expect(ends.exitCodes, stderr).toContain(exitCode);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      verdict: expect.stringMatching(ends.verdict),
      restored: true,
      target: { host: `ssh://root@${MACHINE.name}`, router: 'kamailio' },
    });
    expect(await settings()).toEqual(before);
    expect(await said('systemctl', 'is-active', 'kamailio')).toBe('active');
    expect((await starts()) - startsBefore).toBeGreaterThanOrEqual(result.cost.restarts);
    const [campaign = ''] = await readdir(out);
    const journal = await readFile(await journalPath(), 'utf8');
    // systemd has the timer: nothing else of an SSH session may outlive it.
    expect(journal).toMatch(
      new RegExp(`"type":"armed","host":"ssh://root@${MACHINE.name}",.*"by":"systemd-run"`),
    );
    expect(await said('ls', join(STATE_DIR, 'campaigns', campaign))).toContain('restored');
    expect(await said('ls', STATE_DIR)).not.toContain('lease');
    expect(await readdir(STATE_DIR)).not.toContain('lease');
    expect((await siptune('restore', '--out', out)).stdout).toContain('Nothing to restore');
  });
});
