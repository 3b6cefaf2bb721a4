// Nothing is left worse on the real thing: a siptune that is killed, at whatever moment, is undone by the target itself; and a
// second one is refused, or puts back first.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sysctlPath, writeTxqueuelen } from '../../src/knobs/access.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { renderRestoreScript } from '../../src/safety/restore-script.ts';
import { STATE_DIR } from '../../src/safety/state-dir.ts';
import { createRandom } from '../../src/stats/random.ts';
import type { RunningCommand } from '../../src/targets/host.ts';
import { createLab } from '../../src/targets/lab/lab.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Original } from '../../src/targets/original.ts';
import { LONG_TESTS } from '../support/long-tests.ts';

const NETNS = 'siptune-test-safety';
const PATIENCE = { timeout: 60_000, interval: 100 };
/** The first write comes with the first candidate: after `current` was measured, which a slow machine takes minutes for. */
const A_SEARCH = { timeout: 170_000, interval: 100 };
const machine = createLocalHost();
const inside = machine.inNetns(NETNS);
const from = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const SEND_100_DATAGRAMS = `
  const socket = require('dgram').createSocket('udp4');
  let left = 100;
  for (let i = 0; i < 100; i += 1) socket.send('x'.repeat(100), 9, '198.18.9.2', () => { if (--left === 0) socket.close(); });
`;

let folder = '';
let spawned: RunningCommand[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-test-safety-'));
  await machine.run(['ip', 'netns', 'add', NETNS]);
  await inside.run(['ip', 'link', 'add', 'test0', 'type', 'veth', 'peer', 'name', 'test1']);
  for (const device of ['test0', 'test1']) await inside.run(['ip', 'link', 'set', device, 'up']);
});
afterEach(async () => {
  for (const command of spawned) {
    command.kill('SIGKILL');
    await command.exited;
  }
  spawned = [];
});
afterAll(async () => {
  await machine.run(['ip', 'netns', 'del', NETNS]);
  await rm(folder, { recursive: true });
});

const readIn = async (host: typeof machine, path: string) => (await host.readFiles([path])).get(path)?.trim();

describe('restore.sh on real devices and namespaces', () => {
  const way = (originals: readonly Original[], bootId: string) => ({
    ...{ campaign: 'c1', token: 'f00d', statePath: join(folder, 'state'), startedAt: 'now', lab: false },
    ...{ bootId, originals },
  });
  const restore = async (originals: readonly Original[]) => {
    const bootId = (await readIn(machine, '/proc/sys/kernel/random/boot_id')) ?? '';
    const script = join(folder, 'restore.sh');
    await writeFile(script, renderRestoreScript(way(originals, bootId)));
    return machine.run(['sh', script]);
  };
  /** Of 100 datagrams at once, on a link that takes half a minute for them: what its queue could not hold. */
  const drops = async () => {
    const count = async () => {
      const shown = await inside.run(['tc', '-s', '-j', 'qdisc', 'show', 'dev', 'test0']);
      const rows: { root?: boolean; drops: number }[] = JSON.parse(shown.stdout);
      return rows.find(({ root }) => root)?.drops ?? 0;
    };
    const before = await count();
    await inside.run([process.execPath, '-e', SEND_100_DATAGRAMS]);
    return (await count()) - before;
  };

  test('a sysctl of a namespace, and a txqueuelen with the queue that took its length', async () => {
    const backlog = '/proc/sys/net/ipv4/tcp_max_syn_backlog';
    const before = (await readIn(inside, backlog)) ?? '';
    await inside.run(['tc', 'qdisc', 'add', 'dev', 'test0', 'root', 'handle', '1:', 'htb', 'default', '10']);
    await inside.run([
      ...['tc', 'class', 'add', 'dev', 'test0', 'parent', '1:', 'classid', '1:10', 'htb', 'rate', '8kbit'],
    ]);
    await inside.run(['ip', 'addr', 'replace', '198.18.9.1/24', 'dev', 'test0']);
    await inside.run(['ip', 'neigh', 'replace', '198.18.9.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'test0']);
    await inside.writeFile(backlog, '77\n');
    await writeTxqueuelen(inside, 'test0', '5');
    expect(await drops()).toBeGreaterThan(80);

    const run = await restore([
      {
        knob: 'backlog',
        target: { via: 'sysctl', key: 'net.ipv4.tcp_max_syn_backlog', netns: NETNS },
        raw: before,
      },
      {
        knob: 'txqueuelen',
        target: { via: 'txqueuelen', device: 'test0', netns: NETNS },
        raw: '1000',
      },
    ]);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readIn(inside, backlog)).toBe(before);
    expect(await readIn(inside, '/sys/class/net/test0/tx_queue_len')).toBe('1000');
    expect(await drops()).toBe(0);
  });

  test('a device and a namespace that are gone, and a value that is read-only there, are listed', async () => {
    const run = await restore([
      { knob: 'gone device', target: { via: 'txqueuelen', device: 'gone0', netns: NETNS }, raw: '1000' },
      { knob: 'gone netns', target: { via: 'txqueuelen', device: 'test0', netns: 'siptune-gone' }, raw: '1' },
      { knob: 'read-only', target: { via: 'sysctl', key: 'net.core.rmem_max', netns: NETNS }, raw: '1' },
    ]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/NOT RESTORED \(3\):\nread-only: .*\ngone netns: .*\ngone device: .*gone0/);
  });
});

test('kill -9 of a small program that changed a namespace: the timer puts it back', async () => {
  const key = 'net.ipv4.tcp_max_syn_backlog';
  const before = await readIn(inside, sysctlPath(key));
  const file = join(folder, 'defaults');
  await writeFile(file, 'original\n');
  const out = join(folder, 'holder.out');
  await writeFile(out, '');
  const state = join(folder, 'holder-state');
  const holder = await machine.spawn(
    [
      ...[process.execPath, '--import', 'tsx', from('../support/lease-holder.ts')],
      ...[state, 'c1', '2000', file, NETNS, key],
    ],
    { stdoutFile: out, stderrFile: out },
  );
  spawned.push(holder);
  await expect.poll(() => readFile(out, 'utf8'), PATIENCE).toContain('writing');
  expect(await readIn(inside, sysctlPath(key))).toBe('4321');
  holder.kill('SIGKILL');
  await holder.exited;
  await expect.poll(() => readIn(inside, sysctlPath(key)), PATIENCE).toBe(before);
  await expect.poll(() => readdir(state), PATIENCE).not.toContain('lease');
  expect(await readFile(file, 'utf8')).toBe('original\n');
  // Once, though the timer restores twice.
  expect(await readFile(`${file}.restarts`, 'utf8')).toBe('x');
});

test('where systemd is the init, it is asked to run the timer', async () => {
  // No systemd here: a folder that says so, seen by this one process only, and a stand-in that keeps what it was asked.
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const asked = join(folder, 'asked');
  const standIn = `#!/bin/sh\nprintf '%s\\n' "$@" >'${asked}'\nwhile [ "$1" != -- ]; do shift; done\nshift\nsetsid "$@" </dev/null >/dev/null 2>&1 &\n`;
  await writeFile(join(bin, 'systemd-run'), standIn, { mode: 0o755 });
  const file = join(folder, 'defaults-systemd');
  await writeFile(file, 'original\n');
  const out = join(folder, 'systemd.out');
  await writeFile(out, '');
  const holder = await machine.spawn(
    [
      ...[
        'unshare',
        '-m',
        'sh',
        '-c',
        'mount -t tmpfs none /run && mkdir -p /run/systemd/system && exec "$@"',
        'sh',
      ],
      ...[process.execPath, '--import', 'tsx', from('../support/lease-holder.ts')],
      ...[join(folder, 'systemd-state'), 'c1', '2000', file],
    ],
    { stdoutFile: out, stderrFile: out, env: { PATH: `${bin}:${process.env.PATH}` } },
  );
  spawned.push(holder);
  await expect.poll(() => readFile(out, 'utf8'), PATIENCE).toContain('writing');
  holder.kill('SIGKILL');
  await expect.poll(() => readdir(join(folder, 'systemd-state')), PATIENCE).not.toContain('lease');
  expect(await readFile(file, 'utf8')).toBe('original\n');
  expect(await readFile(asked, 'utf8')).toMatch(
    /^--quiet\n--collect\n--unit=siptune-deadman-\w+-\d+\n--desc.*\n--\nsh\n/,
  );
});

const { notFound: noKamailio } = await machine.run(['kamailio', '-v']);
const { notFound: noSipp } = await machine.run(['sipp', '-v']);

describe.skipIf(noKamailio || noSipp)('siptune run in the lab (needs Kamailio and SIPp)', () => {
  const results = () => join(folder, 'results');
  const campaigns = async () => (await readdir(results()).catch((): string[] => [])).sort();
  const hostKnobs = CATALOGUE.flatMap(({ access, scope }) =>
    access.via === 'sysctl' && scope === 'host' ? [sysctlPath(access.key)] : [],
  );
  const hostValues = async () => Object.fromEntries(await machine.readFiles(hostKnobs));
  const siptune = (...args: readonly string[]) => [
    process.execPath,
    '--import',
    'tsx',
    from('../../src/cli.ts'),
    ...args,
  ];
  const ended = async () => (await createLab(machine).status()).state === 'down';
  const leased = async () => (await readdir(STATE_DIR).catch((): string[] => [])).includes('lease');

  /** Starts a campaign with a timer of 5 s, and waits until it has said `word`. */
  async function startCampaign(word: string) {
    const scenario = join(folder, 'scenario.yaml');
    const text = await readFile(from('../../scenarios/lab-kamailio.yaml'), 'utf8');
    const config = from('../../scenarios/routers/kamailio.cfg');
    await writeFile(
      scenario,
      `${text.replace(/^( +config:).*$/m, `$1 ${config}`).replace(/^contenders:.*\n(?: +-.*\n)*/m, '')}\nsafety: { deadman: 5s }\n`,
    );
    const before = await campaigns();
    const run = await machine.spawn(siptune('run', scenario, '--out', results(), '--budget', '3m'), {
      stdoutFile: join(folder, 'run.out'),
      stderrFile: join(folder, 'run.out'),
    });
    spawned.push(run);
    const id = async () => (await campaigns()).find((one) => !before.includes(one)) ?? '';
    const journal = async () =>
      readFile(join(results(), await id(), 'journal.jsonl'), 'utf8').catch(() => '');
    const saysSo = (async () => expect.poll(journal, A_SEARCH).toContain(word))();
    const endedBefore = run.exited.then(async ({ exitCode }) => {
      if ((await journal()).includes(word)) return;
      expect.unreachable(`it ended with ${exitCode}: ${await readFile(join(folder, 'run.out'), 'utf8')}`);
    });
    // The one that is slower may fail once nobody asks any more.
    for (const either of [saysSo, endedBefore]) either.catch(() => {});
    await Promise.race([saysSo, endedBefore]);
    return { run, journal, id: await id() };
  }

  const moments = LONG_TESTS
    ? ['"armed"', '"lab-up"', '"originals-complete"', '"write-result"', '"router-started"', '"trial"']
    : ['"armed"', '"write-result"', '"trial"'];
  test.each(moments)(
    'killed after %s, the target is as it was',
    async (word) => {
      const before = await hostValues();
      const { run, id } = await startCampaign(word);
      run.kill('SIGKILL');
      await run.exited;
      await expect.poll(leased, PATIENCE).toBe(false);
      expect(await ended()).toBe(true);
      expect(await hostValues()).toEqual(before);
      expect(await readFile(join(STATE_DIR, 'campaigns', id, 'restored'), 'utf8')).toBe('complete\n');
      const marked = await machine.run([
        'sh',
        '-c',
        'grep -lF -- "SIPTUNE_CAMPAIGN=:$1:" /proc/[0-9]*/environ 2>&-',
        'sh',
        id,
      ]);
      expect(marked.stdout).toBe('');
      const restore = await machine.run(siptune('restore', '--out', results()), { timeoutMs: 60_000 });
      expect(restore).toMatchObject({ exitCode: 0, stderr: '' });
      const again = await machine.run(siptune('restore', '--out', results()), { timeoutMs: 60_000 });
      expect(again.stdout).toContain('Nothing to restore');
    },
    300_000,
  );

  test.each(LONG_TESTS ? [1, 2, 3] : [1])(
    'interrupted, and killed while it restores (seed %i), every setting comes back',
    async (seed) => {
      const before = await hostValues();
      const { run, journal, id } = await startCampaign('"write-result"');
      run.kill('SIGINT');
      await expect.poll(journal, { ...PATIENCE, interval: 5 }).toContain('"phase":"restore"');
      await setTimeout(createRandom(seed)() * 200);
      run.kill('SIGKILL');
      await run.exited;
      // By the timer, if siptune itself was not quicker; and then there is nothing left for the command.
      await expect.poll(leased, PATIENCE).toBe(false);
      expect(await hostValues()).toEqual(before);
      expect(await ended()).toBe(true);
      expect(await readFile(join(STATE_DIR, 'campaigns', id, 'restored'), 'utf8')).toBe('complete\n');
      const restore = await machine.run(siptune('restore', '--out', results()), { timeoutMs: 60_000 });
      expect(restore).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await hostValues()).toEqual(before);
    },
    300_000,
  );

  test('a second campaign and a restore are refused by name; killed, the first is restored by the command at once', async () => {
    const before = await hostValues();
    const { run, id } = await startCampaign('"router-started"');
    for (const args of [
      ['run', join(folder, 'scenario.yaml'), '--out', results()],
      ['restore', '--out', results()],
    ]) {
      const second = await machine.run(siptune(...args), { timeoutMs: 60_000 });
      expect(second).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining(`campaign ${id} (process ${run.pid} of`),
      });
    }
    run.kill('SIGKILL');
    await run.exited;
    // By the scenario's name, as every command takes it.
    const restore = await machine.run(siptune('restore', 'lab-kamailio', '--out', results()), {
      timeoutMs: 60_000,
    });
    expect(restore).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${id}: `) });
    expect(await ended()).toBe(true);
    expect(await hostValues()).toEqual(before);
    expect(await leased()).toBe(false);
  });

  test('stopped beyond its period, it notices, aborts with the reason, and leaves nothing', async () => {
    const before = await hostValues();
    const { run, journal } = await startCampaign('"trial"');
    process.kill(run.pid, 'SIGSTOP');
    await expect.poll(leased, PATIENCE).toBe(false);
    process.kill(run.pid, 'SIGCONT');
    expect(await run.exited).toMatchObject({ exitCode: 3 });
    expect(await journal()).toMatch(/"verdict":"aborted","reason":"the dead-man's timer/);
    expect(await ended()).toBe(true);
    expect(await hostValues()).toEqual(before);
  });
});
