// The lease, the dead-man's timer and the guard together, on a target whose state stands in a temporary folder; its "router" is a
// file. What is killed, stopped and started again here are real processes.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/campaign/events.ts';
import { systemClock } from '../../src/clock.ts';
import { lookAtTarget } from '../../src/safety/lease.ts';
import { restoreTarget } from '../../src/safety/restore-target.ts';
import { createSafeguard, LeaseLost, type SafeguardDeps } from '../../src/safety/safeguard.ts';
import type { RunningCommand } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Original } from '../../src/targets/original.ts';

const ORIGINAL = 'SHM_MEMORY=64\n';
const PERIOD_MS = 2_000;
/** A busy machine may take its time; what is asserted is the order of events. */
const PATIENCE = { timeout: 25_000, interval: 50 };
const holderProgram = fileURLToPath(new URL('../support/lease-holder.ts', import.meta.url));
const machine = createLocalHost();

let folder = '';
let statePath = '';
let file = '';
let spawned: RunningCommand[] = [];
const events: NewEvent[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-test-safety-'));
  statePath = join(folder, 'state');
  file = join(folder, 'defaults');
  await writeFile(file, ORIGINAL);
  events.length = 0;
});
afterEach(async () => {
  for (const command of spawned) {
    command.kill('SIGKILL');
    await command.exited;
  }
  spawned = [];
  // A timer that still waits ends with the folder of its campaign.
  await rm(folder, { recursive: true });
});

const campaignPath = (campaign: string, name: string) => join(statePath, 'campaigns', campaign, name);
const content = () => readFile(file, 'utf8');
const exists = async (path: string) => (await stat(path).catch(() => null)) !== null;
const original = (): Original => ({
  knob: 'defaults',
  target: { via: 'service', defaultsFile: file, restartCommand: ['true'] },
  raw: ORIGINAL,
});
const guardOf = (campaign: string, more: Partial<SafeguardDeps> = {}) =>
  createSafeguard({
    ...{
      machine,
      campaign,
      periodMs: PERIOD_MS,
      restartCommand: undefined,
      routerNetns: undefined,
      clock: systemClock,
      statePath,
    },
    emit: async (event) => void events.push(event),
    ...more,
  });

/** A siptune in a process of its own, which changes the file and goes on changing it. */
async function startHolder(campaign: string, env: Readonly<Record<string, string>> = {}) {
  const out = join(folder, `${campaign}.out`);
  await writeFile(out, '');
  const holder = await machine.spawn(
    [process.execPath, '--import', 'tsx', holderProgram, statePath, campaign, String(PERIOD_MS), file],
    { stdoutFile: out, stderrFile: out, env },
  );
  spawned.push(holder);
  const said = () => readFile(out, 'utf8');
  await expect.poll(said, PATIENCE).toMatch(/^(writing|end: .*)$/m);
  return { holder, said };
}
const restoredByTimer = (campaign: string) =>
  expect.poll(() => exists(campaignPath(campaign, 'restored')), PATIENCE).toBe(true);

test('from the lease to its end: recorded first, then written, restored, and let go', async () => {
  const guard = guardOf('c1');
  await guard.take();
  await guard.coverOriginals([original()]);
  expect(await readFile(campaignPath('c1', 'originals.jsonl'), 'utf8')).toBe(
    `${JSON.stringify(original())}\n`,
  );
  expect((await stat(statePath)).mode & 0o777).toBe(0o700);
  for (const name of ['restore.sh', 'originals.jsonl', 'deadline'])
    expect((await stat(campaignPath('c1', name))).mode & 0o077, name).toBe(0);
  await guard.guarded().writeFile(file, 'tuned\n');
  expect(await content()).toBe('tuned\n');
  // Longer than the period: it is renewed.
  await systemClock.sleep(PERIOD_MS * 1.5);
  expect(guard.signal.aborted).toBe(false);
  expect(await exists(campaignPath('c1', 'fired'))).toBe(false);
  expect(await guard.restore()).toEqual({ failures: [], ours: true });
  expect(await content()).toBe(ORIGINAL);
  expect(await exists(join(statePath, 'lease'))).toBe(false);
  const { lease, campaigns } = await lookAtTarget({ machine, path: statePath });
  expect(lease.state).toBe('free');
  expect(campaigns).toMatchObject([{ campaign: 'c1', outcome: 'complete' }]);
  // And the timer with it.
  const [pid] = (await readFile(campaignPath('c1', 'watcher'), 'utf8')).split(' ');
  await expect.poll(() => exists(`/proc/${pid}`), PATIENCE).toBe(false);
  expect(events.map(({ type }) => type)).toEqual(['armed']);
});

test('kill -9: the target restores itself, and the next campaign starts', async () => {
  const { holder } = await startHolder('c1');
  holder.kill('SIGKILL');
  await holder.exited;
  expect(await content()).not.toBe(ORIGINAL);
  await restoredByTimer('c1');
  await expect.poll(() => exists(join(statePath, 'lease')), PATIENCE).toBe(false);
  expect(await content()).toBe(ORIGINAL);
  const next = guardOf('c2');
  await next.take();
  expect(events.map(({ type }) => type)).toEqual(['armed']);
  await next.restore();
});

test('a siptune that was stopped beyond its period notices, and writes no more', async () => {
  const { holder, said } = await startHolder('c1');
  process.kill(holder.pid, 'SIGSTOP');
  await restoredByTimer('c1');
  expect(await content()).toBe(ORIGINAL);
  process.kill(holder.pid, 'SIGCONT');
  await holder.exited;
  expect(await said()).toMatch(/^reason: the dead-man's timer/m);
  expect(await said()).toContain('lease-lost');
  expect(await said()).toContain('"failures":[]');
  expect(await content()).toBe(ORIGINAL);
});

test('a write that arrives after the restore is refused on the target, though siptune knows nothing yet', async () => {
  // A clock that stands still: for this siptune no time has passed since its last renewal.
  const clock = { ...systemClock, nowMs: () => 0, sleep: () => new Promise<void>(() => {}) };
  const guard = guardOf('c1', { clock });
  await guard.take();
  await guard.coverOriginals([original()]);
  await guard.guarded().writeFile(file, 'tuned\n');
  await restoredByTimer('c1');
  await expect(guard.guarded().writeFile(file, 'late\n')).rejects.toThrow('timer on the target has fired');
  expect(await content()).toBe(ORIGINAL);
  expect(guard.signal.reason).toBeInstanceOf(LeaseLost);
  for (const argv of [
    ['cp', file, `${file}.2`],
    ['touch', `${file}.2`],
  ])
    expect(await guard.guarded().run(argv)).toMatchObject({ exitCode: 75 });
  await expect(guard.guarded().spawn(['touch', `${file}.2`])).rejects.toThrow('fired');
  expect(await exists(`${file}.2`)).toBe(false);
});

test('a renewal that the target refuses aborts the campaign', async () => {
  const guard = guardOf('c1', { periodMs: 5_000 });
  await guard.take();
  await guard.coverOriginals([original()]);
  await guard.guarded().writeFile(file, 'tuned\n');
  // An operator has had enough.
  expect(await machine.run(['sh', campaignPath('c1', 'restore.sh')])).toMatchObject({ exitCode: 0 });
  expect(await content()).toBe(ORIGINAL);
  await expect.poll(() => guard.signal.aborted, PATIENCE).toBe(true);
  expect(events.at(-1)).toMatchObject({ type: 'lease-lost', reason: expect.stringContaining('fired') });
  expect(await guard.restore()).toEqual({ failures: [], ours: true });
});

test('a second campaign is refused with the name of the first, which goes on', async () => {
  const first = guardOf('c1');
  await first.take();
  await expect(guardOf('c2').take()).rejects.toThrow(
    new RegExp(`campaign c1 \\(process ${process.pid} of .*since 20`),
  );
  expect(first.signal.aborted).toBe(false);
  await first.restore();
});

describe('after kill -9, before the timer fires', () => {
  const killed = async () => {
    const { holder } = await startHolder('c1');
    holder.kill('SIGKILL');
    await holder.exited;
  };

  test('a new campaign restores first, and its settings are not undone by the old timer', async () => {
    await killed();
    const guard = guardOf('c2', { periodMs: 60_000 });
    await guard.take();
    expect(await content()).toBe(ORIGINAL);
    expect(events.map(({ type }) => type)).toEqual(['taken-over', 'armed']);
    await guard.coverOriginals([original()]);
    await guard.guarded().writeFile(file, 'second\n');
    await systemClock.sleep(PERIOD_MS + 5_000);
    expect(await content()).toBe('second\n');
    expect(guard.signal.aborted).toBe(false);
    await guard.restore();
    expect(await content()).toBe(ORIGINAL);
  });

  test('what cannot be restored refuses a new campaign by name, until it is given up', async () => {
    await killed();
    await rm(file);
    const state = { machine, path: statePath };
    await expect(guardOf('c2').take()).rejects.toThrow(/campaign c1 .*no longer exists/);
    const script = await readFile(campaignPath('c1', 'restore.sh'), 'utf8');
    expect(await restoreTarget(state, await lookAtTarget(state))).toMatchObject([
      { campaign: 'c1', failures: [expect.stringContaining('no longer exists')] },
    ]);
    expect(await readFile(campaignPath('c1', 'restore.sh'), 'utf8')).toBe(script);
    expect(await restoreTarget(state, await lookAtTarget(state), { giveUp: true })).toMatchObject([
      { failures: [] },
    ]);
    expect(await restoreTarget(state, await lookAtTarget(state))).toEqual([]);
    const guard = guardOf('c2');
    await guard.take();
    await guard.restore();
  });
});

test('after a reboot the lease is stale, and files are restored first', async () => {
  const { holder } = await startHolder('c1');
  holder.kill('SIGKILL');
  await holder.exited;
  // As a reboot leaves it: the same files, another boot, no timer.
  const [pid = ''] = (await readFile(campaignPath('c1', 'watcher'), 'utf8')).split(' ');
  process.kill(Number(pid), 'SIGKILL');
  for (const path of [
    campaignPath('c1', 'restore.sh'),
    campaignPath('c1', 'deadline'),
    join(statePath, 'lease', 'owner.json'),
  ]) {
    const text = await readFile(path, 'utf8');
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    expect(text).toContain(boot);
    await writeFile(path, text.replaceAll(boot, '00000000-0000-0000-0000-000000000000'));
  }
  const guard = guardOf('c2');
  await guard.take();
  expect(await content()).toBe(ORIGINAL);
  expect(events).toMatchObject([{ type: 'taken-over', campaign: 'c1' }, { type: 'armed' }]);
  await guard.restore();
});

test('a lease of a siptune elsewhere counts until its timer has run out', async () => {
  const { holder } = await startHolder('c1');
  const path = join(statePath, 'lease', 'owner.json');
  const owner = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, `${JSON.stringify({ ...owner, host: 'laptop', bootId: 'another', pid: 1 })}\n`);
  await expect(guardOf('c2').take()).rejects.toThrow(/campaign c1 \(process 1 of .* on laptop.*in \d+ s/);
  holder.kill('SIGKILL');
  await restoredByTimer('c1');
});

describe('half-written state', () => {
  test('a lease that is nobody’s yet, and a campaign without its way back, are cleared', async () => {
    await mkdir(join(statePath, 'lease'), { recursive: true });
    await mkdir(campaignPath('c1', ''), { recursive: true });
    await writeFile(campaignPath('c1', 'restore.sh.new'), '#!/bin/sh\nexit 1\n');
    const guard = guardOf('c1');
    await guard.take();
    expect(await guard.restore()).toEqual({ failures: [], ours: true });
  });

  test('a damaged lease beside a running timer is respected', async () => {
    await startHolder('c1');
    await writeFile(join(statePath, 'lease', 'owner.json'), '{"campaign": "c');
    await expect(guardOf('c2').take()).rejects.toThrow(/damaged.*timer still runs/);
  });

  test('files that arrive cut short take no place', async () => {
    const guard = guardOf('c1');
    await guard.take();
    const before = await readFile(campaignPath('c1', 'restore.sh'), 'utf8');
    const { PUT_FILES } = await import('../../src/safety/dead-man-scripts.ts');
    const cut = await machine.run(['sh', '-c', PUT_FILES, 'siptune', statePath, 'c1'], {
      input: 'restore.sh ZXhpdCAw\n',
    });
    expect(cut.exitCode).toBe(1);
    expect(await readFile(campaignPath('c1', 'restore.sh'), 'utf8')).toBe(before);
    await guard.restore();
  });
});

test('a timer that was killed is started again', async () => {
  const guard = guardOf('c1');
  await guard.take();
  await guard.coverOriginals([original()]);
  const watcher = async () => Number((await readFile(campaignPath('c1', 'watcher'), 'utf8')).split(' ')[0]);
  const first = await watcher();
  process.kill(first, 'SIGKILL');
  await expect.poll(() => watcher().catch(() => first), PATIENCE).not.toBe(first);
  expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('started again') });
  expect(await guard.restore()).toEqual({ failures: [], ours: true });
});

test('when somebody removes the state, siptune stops, and restores from what it knows', async () => {
  const guard = guardOf('c1');
  await guard.take();
  await guard.coverOriginals([original()]);
  await guard.guarded().writeFile(file, 'tuned\n');
  await rm(statePath, { recursive: true });
  await expect.poll(() => guard.signal.aborted, PATIENCE).toBe(true);
  expect(await guard.restore()).toEqual({ failures: [], ours: true });
  expect(await content()).toBe(ORIGINAL);
});

test('the wall clock plays no part', async () => {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'date'), `#!/bin/sh\necho called >>${folder}/date-was-called\necho 0\n`, {
    mode: 0o755,
  });
  const { holder } = await startHolder('c1', { PATH: `${bin}:${process.env.PATH}` });
  holder.kill('SIGKILL');
  await restoredByTimer('c1');
  expect(await content()).toBe(ORIGINAL);
  expect(await readdir(folder)).not.toContain('date-was-called');
});

test('what a campaign started does not outlive it, nor does its lock', async () => {
  const restartCommand = ['sh', '-c', 'sleep 300 & echo $! >"$0"', join(folder, 'daemon')];
  const guard = guardOf('c1', { restartCommand });
  await guard.take();
  await guard.coverOriginals([original()]);
  const host = guard.guarded();
  const router = await host.spawn(['sh', '-c', 'trap "" TERM; sleep 300 & wait; sleep 300'], {});
  spawned.push(router);
  void host.run(restartCommand, { timeoutMs: 500 });
  await expect.poll(() => exists(join(folder, 'daemon')), PATIENCE).toBe(true);
  expect(await exists(campaignPath('c1', 'service-restarted'))).toBe(true);
  expect(await guard.restore()).toEqual({ failures: [], ours: true });
  expect((await router.exited).signal ?? 'ended').toMatch(/SIG|ended/);
  // The operator's service is no process of the campaign's.
  const daemon = Number(await readFile(join(folder, 'daemon'), 'utf8'));
  expect(await exists(`/proc/${daemon}`)).toBe(true);
  process.kill(daemon, 'SIGKILL');
});

test('a guarded host is a host: input, output, statuses, signals, and what is missing', async () => {
  const guard = guardOf('c1');
  await guard.take();
  const host = guard.guarded();
  expect(await host.run(['sh', '-c', 'cat; echo err >&2; exit 75'], { input: 'in' })).toMatchObject({
    ...{ exitCode: 75, stdout: 'in', stderr: 'err\n', notFound: false },
  });
  expect(guard.signal.aborted).toBe(false);
  expect(await host.run(['sh', '-c', 'kill -9 $$'])).toMatchObject({ signal: 'SIGKILL' });
  expect(await host.run(['sleep', '20'], { timeoutMs: 300 })).toMatchObject({ timedOut: true });
  expect(await host.run(['siptune-no-such-program'])).toMatchObject({ notFound: true });
  await expect(host.spawn(['siptune-no-such-program'])).rejects.toMatchObject({ name: 'UserError' });
  for (const text of ['', 'no newline', 'two\n\n', 'Grüße €\n', "$(touch x) '\n"]) {
    await host.writeFile(join(folder, 'text'), text);
    expect(await readFile(join(folder, 'text'), 'utf8')).toBe(text);
  }
  await expect(host.writeFile(join(folder, 'no', 'such', 'folder'), 'x')).rejects.toThrow('No such file');
  const command = await host.spawn(['sh', '-c', 'echo $$; exec sleep 20']);
  command.kill('SIGTERM');
  expect((await command.exited).signal).toBe('SIGTERM');
  await guard.restore();
});
