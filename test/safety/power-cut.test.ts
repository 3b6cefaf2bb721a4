// What a power cut leaves on the target: files that are not on disk yet are empty, or cut short, when it is back. None of them may
// hide a campaign that is not restored, or keep the timer from firing.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lookAtTarget } from '../../src/safety/lease.ts';
import { restoreTarget } from '../../src/safety/restore-target.ts';
import type { Host } from '../../src/targets/host.ts';
import {
  anotherPlace,
  campaignPath,
  content,
  exists,
  folder,
  guardOf,
  machine,
  ORIGINAL,
  PATIENCE,
  startHolder,
  statePath,
} from '../support/safety-target.ts';

/** A period that does not end within a test, however busy the machine. */
const NEVER_MS = 600_000;
const state = () => ({ machine, path: statePath });

test('every deadline is on disk before it takes its place', async () => {
  // Says what it is asked to sync, with its content, and whether it stands in its place already.
  const bin = join(folder, 'bin');
  const log = join(folder, 'synced');
  await mkdir(bin);
  const sync = `#!/bin/sh\nfor f in "$@"; do case $f in */deadline*) cat -- "$f" >>'${log}' ;; esac; done\n`;
  await writeFile(join(bin, 'sync'), sync, { mode: 0o755 });
  await writeFile(log, '');
  const watched: Host = {
    ...machine,
    run: (argv, options) =>
      machine.run(argv, { ...options, env: { ...options?.env, PATH: `${bin}:${process.env.PATH}` } }),
  };
  const guard = guardOf('c1', { machine: watched });
  await guard.take();
  const synced = async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
  // Taken, armed, and renewed.
  await expect.poll(async () => (await synced()).length, PATIENCE).toBeGreaterThan(2);
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  for (const line of await synced()) expect(line).toMatch(new RegExp(`^${boot} \\d+$`));
  await guard.restore();
  expect(await synced()).toContain((await readFile(campaignPath('c1', 'deadline'), 'utf8')).trim());
});

test('a damaged deadline has run out: the timer fires and restores, and who looks is told so', async () => {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const damaged = {
    empty: '',
    'no number': `${boot} soon\n`,
    'a number that no shell can count with': `${boot} ${'9'.repeat(30)}\n`,
    'a number that is none in octal': `${boot} 0999\n`,
    'a time that no timer is ever set to': `${boot} 99999999999\n`,
  };
  await Promise.all(
    Object.entries(damaged).map(async ([name, text], index) => {
      const place = await anotherPlace(String(index));
      const { holder } = await startHolder('c1', {}, NEVER_MS, place);
      holder.kill('SIGKILL');
      await holder.exited;
      expect(await readFile(place.file, 'utf8'), name).not.toBe(ORIGINAL);
      await writeFile(join(place.statePath, 'campaigns', 'c1', 'deadline'), text);
      const [seen] = (await lookAtTarget({ machine, path: place.statePath })).campaigns;
      expect(seen?.timerMs ?? 0, name).toBeLessThanOrEqual(0);
      const restored = join(place.statePath, 'campaigns', 'c1', 'restored');
      await expect.poll(() => exists(restored), PATIENCE).toBe(true);
      expect(await readFile(place.file, 'utf8'), name).toBe(ORIGINAL);
    }),
  );
});

describe('a campaign is restored only where it says so', () => {
  const changed = async () => {
    const { holder } = await startHolder('c1', {}, NEVER_MS);
    holder.kill('SIGKILL');
    await holder.exited;
    process.kill(Number((await readFile(campaignPath('c1', 'watcher'), 'utf8')).split(' ')[0]), 'SIGKILL');
    expect(await content()).not.toBe(ORIGINAL);
  };

  test.each(['', '\n', '\0\0\0\0', 'compl', '  '])('not with %j in its place', async (damaged) => {
    await changed();
    await writeFile(campaignPath('c1', 'restored'), damaged);
    expect((await lookAtTarget(state())).campaigns).toMatchObject([
      { campaign: 'c1', outcome: 'unrestored' },
    ]);
    const next = guardOf('c2');
    await next.take();
    expect(await content()).toBe(ORIGINAL);
    await next.restore();
    expect(await readFile(campaignPath('c1', 'restored'), 'utf8')).toBe('complete\n');
  });

  test('not where what says so is no file', async () => {
    await changed();
    await mkdir(campaignPath('c1', 'restored'));
    expect((await lookAtTarget(state())).campaigns).toMatchObject([
      { campaign: 'c1', outcome: 'unrestored' },
    ]);
    // It cannot be marked as restored; what can be put back is, all the same.
    await restoreTarget(state(), await lookAtTarget(state()));
    expect(await content()).toBe(ORIGINAL);
  });

  test.each([
    ['nothing', () => ''],
    ['the half of it', (text: string) => text.slice(0, text.length / 2)],
  ])('not by a way back of which the disk has kept %s', async (_, damaged) => {
    await changed();
    const script = campaignPath('c1', 'restore.sh');
    const text = await readFile(script, 'utf8');
    await writeFile(script, damaged(text));
    expect((await lookAtTarget(state())).campaigns).toMatchObject([
      { campaign: 'c1', outcome: 'unrestored' },
    ]);
    expect(await restoreTarget(state(), await lookAtTarget(state()))).toMatchObject([
      { campaign: 'c1', failures: [expect.stringMatching(/restore\.sh .*is damaged/)] },
    ]);
    await expect(guardOf('c2').take()).rejects.toThrow(/campaign c1 .*is damaged/);
    await writeFile(script, text);
    await restoreTarget(state(), await lookAtTarget(state()));
    expect(await content()).toBe(ORIGINAL);
  });
});
