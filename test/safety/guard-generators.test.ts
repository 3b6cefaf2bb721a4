// A campaign on another machine holds two, and restores both: what is the generators' never stands in the target's way back.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { guardBoth } from '../../src/safety/guard-generators.ts';
import { LeaseLost } from '../../src/safety/safeguard.ts';
import type { Original } from '../../src/targets/original.ts';
import {
  campaignPath,
  content,
  events,
  exists,
  file,
  folder,
  machine,
  ORIGINAL,
  original,
  PATIENCE,
  PERIOD_MS,
  spawned,
  statePath,
} from '../support/safety-target.ts';

const CEILING: Original = {
  knob: 'net.core.rmem_max',
  target: { via: 'sysctl', key: 'net.core.rmem_max', netns: undefined, machine: 'generators' },
  // What it is: restoring it changes nothing.
  raw: (await readFile('/proc/sys/net/core/rmem_max', 'utf8')).trim(),
};

/** Both sides are this machine: they share a kernel, so that the generators' state stands inside the target's. */
const both = (clock = systemClock) =>
  guardBoth(
    {
      ...{ machine, campaign: 'c1', periodMs: PERIOD_MS, restartCommand: undefined, routerNetns: undefined },
      ...{ clock, statePath, emit: async (event) => void events.push(event) },
    },
    machine,
  );
const beside = (...path: readonly string[]) => join(statePath, 'generators', ...path);

test('both are held, with a way back of their own each, and let go of after the restore', async () => {
  const guard = both();
  await guard.take();
  expect([await exists(join(statePath, 'lease')), await exists(beside('lease'))]).toEqual([true, true]);
  expect(events.filter(({ type }) => type === 'armed')).toHaveLength(2);
  await guard.coverOriginals([original(), CEILING]);
  expect(await readFile(campaignPath('c1', 'restore.sh'), 'utf8')).not.toContain('rmem_max');
  expect(await readFile(beside('campaigns', 'c1', 'restore.sh'), 'utf8')).toContain('rmem_max');
  await guard.guarded().writeFile(file, 'tuned\n');
  const generator = await guard.guardedGenerators().spawn(['sleep', '300']);
  spawned.push(generator);
  expect(await guard.restore()).toEqual({ failures: [], ours: true });
  expect((await generator.exited).signal).toBe('SIGTERM');
  expect(await content()).toBe(ORIGINAL);
  expect([await exists(join(statePath, 'lease')), await exists(beside('lease'))]).toEqual([false, false]);
});

test('a target that is refused leaves the generators’ machine alone', async () => {
  const first = both();
  await first.take();
  await expect(both().take()).rejects.toThrow('is in use: campaign c1');
  expect(await first.restore()).toEqual({ failures: [], ours: true });
});

test('the timer of either ends the campaign', async () => {
  // A clock that stands still: nothing is renewed.
  const guard = both({ ...systemClock, nowMs: () => 0, sleep: () => new Promise<void>(() => {}) });
  await guard.take();
  const generator = await guard.guardedGenerators().spawn(['sleep', '300']);
  spawned.push(generator);
  await expect.poll(() => exists(beside('campaigns', 'c1', 'restored')), PATIENCE).toBe(true);
  expect((await generator.exited).signal).toBe('SIGTERM');
  expect(await guard.guardedGenerators().run(['touch', join(folder, 'late')])).toMatchObject({
    exitCode: 75,
  });
  expect(guard.signal.reason).toBeInstanceOf(LeaseLost);
  expect(await exists(join(folder, 'late'))).toBe(false);
});
