// The dead-man's timer: it restores when siptune is killed or stopped, and siptune notices.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
  restoredByTimer,
  startHolder,
  statePath,
} from '../support/safety-target.ts';

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

test('a campaign that is resumed at once is not taken for its killed self by the timer of before', async () => {
  const periodMs = 30_000;
  const { holder } = await startHolder('c1', {}, periodMs);
  const [before = ''] = (await readFile(campaignPath('c1', 'watcher'), 'utf8')).split(' ');
  holder.kill('SIGKILL');
  await holder.exited;
  const resumed = guardOf('c1', { periodMs });
  await resumed.take();
  await resumed.coverOriginals([original()]);
  await resumed.guarded().writeFile(file, 'tuned\n');
  await expect.poll(() => exists(`/proc/${before}/stat`), PATIENCE).toBe(false);
  expect(await exists(campaignPath('c1', 'fired'))).toBe(false);
  expect(await content()).toBe('tuned\n');
  expect(resumed.signal.aborted).toBe(false);
  expect(await resumed.restore()).toEqual({ failures: [], ours: true });
  expect(await content()).toBe(ORIGINAL);
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
  await guard.guarded().writeFile(file, 'SHM_MEMORY=96\n');
  await rm(statePath, { recursive: true, maxRetries: 10 });
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
