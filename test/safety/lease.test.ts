// The lease: one campaign at a time; what an earlier one left is put back first, whatever became of it.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { EXIT } from '../../src/errors.ts';
import { PUT_FILES } from '../../src/safety/dead-man-scripts.ts';
import { lookAtTarget } from '../../src/safety/lease.ts';
import { restoreTarget } from '../../src/safety/restore-target.ts';
import type { Host } from '../../src/targets/host.ts';
import {
  campaignPath,
  content,
  events,
  exists,
  file,
  folder,
  guardOf,
  machine,
  ORIGINAL,
  original,
  PATIENCE,
  PERIOD_MS,
  restoredByTimer,
  startHolder,
  statePath,
} from '../support/safety-target.ts';

/** A period that does not end within a test, however busy the machine. */
const NEVER_MS = 600_000;

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

test('a campaign whose timer file a power cut has emptied is seen, and restored first', async () => {
  const { holder } = await startHolder('c1', {}, NEVER_MS);
  holder.kill('SIGKILL');
  await holder.exited;
  for (const damaged of ['', 'x', 'a b c\n', '\u0000\u0000']) {
    await writeFile(campaignPath('c1', 'deadline'), damaged);
    const { campaigns } = await lookAtTarget({ machine, path: statePath });
    expect(campaigns, JSON.stringify(damaged)).toMatchObject([
      { campaign: 'c1', outcome: expect.stringMatching(/unrestored|complete/), timerMs: null },
    ]);
  }
  const next = guardOf('c2');
  await next.take();
  expect(await content()).toBe(ORIGINAL);
  await next.restore();
});

test.each(['', '\u0000\u0000', 'com plete\n'])(
  'a campaign whose note of its restore a power cut has damaged (%j) is seen, and restored again',
  async (damaged) => {
    const { holder } = await startHolder('c1', {}, NEVER_MS);
    holder.kill('SIGKILL');
    await holder.exited;
    await writeFile(campaignPath('c1', 'restored'), damaged);
    const { campaigns } = await lookAtTarget({ machine, path: statePath });
    expect(campaigns).toMatchObject([{ campaign: 'c1', outcome: 'unrestored' }]);
    const next = guardOf('c2');
    await next.take();
    expect(await content()).toBe(ORIGINAL);
    await next.restore();
  },
);

test('a second campaign is refused with the name of the first, which goes on', async () => {
  const first = guardOf('c1');
  await first.take();
  await expect(guardOf('c2').take()).rejects.toMatchObject({
    exitStatus: EXIT.unsafe,
    message: expect.stringMatching(`campaign c1 \\(process ${process.pid} of .*since 20`),
  });
  expect(first.signal.aborted).toBe(false);
  await first.restore();
});

test('seen on another machine, an owner that runs beside us is judged by its process, not by its timer', async () => {
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const another = (line: string) => (line.startsWith('lease ') ? line : line.replaceAll(bootId, 'another'));
  const elsewhere: Host = {
    ...machine,
    run: async (argv, options) => {
      const result = await machine.run(argv, options);
      return { ...result, stdout: result.stdout.split('\n').map(another).join('\n') };
    },
  };
  const look = async () => (await lookAtTarget({ machine: elsewhere, path: statePath })).lease;
  const { holder } = await startHolder('c1');
  expect(await look()).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining(`end it with kill -INT ${holder.pid}`),
  });
  holder.kill('SIGKILL');
  await holder.exited;
  expect(await look()).toMatchObject({ state: 'stale', campaign: 'c1' });
});

describe('after kill -9, before the timer fires', () => {
  const killed = async (periodMs: number) => {
    const { holder } = await startHolder('c1', {}, periodMs);
    holder.kill('SIGKILL');
    await holder.exited;
    // The write that it had begun goes on without it, and holds the lock until it is done.
    await machine.run(['flock', join(statePath, 'lock'), 'true']);
  };

  test('a new campaign restores first, and its settings are not undone by the old timer', async () => {
    await killed(3 * PERIOD_MS);
    const [before = ''] = (await readFile(campaignPath('c1', 'watcher'), 'utf8')).split(' ');
    const guard = guardOf('c2', { periodMs: 60_000 });
    await guard.take();
    expect(await content()).toBe(ORIGINAL);
    expect(events.map(({ type }) => type)).toEqual(['taken-over', 'armed']);
    await guard.coverOriginals([original()]);
    await guard.guarded().writeFile(file, 'second\n');
    // Whatever it does, it has done it when its process is gone.
    await expect.poll(() => exists(`/proc/${before}`), PATIENCE).toBe(false);
    expect(await content()).toBe('second\n');
    expect(guard.signal.aborted).toBe(false);
    await guard.restore();
    expect(await content()).toBe(ORIGINAL);
  });

  test('what cannot be restored refuses a new campaign by name, until it is given up', async () => {
    await killed(NEVER_MS);
    await rm(file);
    const state = { machine, path: statePath };
    await expect(guardOf('c2').take()).rejects.toMatchObject({
      exitStatus: EXIT.unsafe,
      message: expect.stringMatching(/campaign c1 .*no longer exists/),
    });
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
  const { holder } = await startHolder('c1', {}, NEVER_MS);
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
  const guard = guardOf('c2', { periodMs: 60_000 });
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
    const cut = await machine.run(['sh', '-c', PUT_FILES, 'siptune', statePath, 'c1'], {
      input: 'restore.sh ZXhpdCAw\n',
    });
    expect(cut.exitCode).toBe(1);
    expect(await readFile(campaignPath('c1', 'restore.sh'), 'utf8')).toBe(before);
    await guard.restore();
  });
});

test('a target on which the way back cannot be stored is let go of, untouched', async () => {
  // base64(1) is needed to store it.
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'base64'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const broken: Host = {
    ...machine,
    run: (argv, options) => machine.run(argv, { ...options, env: { PATH: `${bin}:${process.env.PATH}` } }),
  };
  const guard = guardOf('c1', { machine: broken });
  await expect(guard.take()).rejects.toThrow('the way back cannot be written');
  expect(await guard.restore()).toEqual({ failures: [], ours: true });
  expect((await lookAtTarget({ machine, path: statePath })).lease.state).toBe('free');
});
