// The guard: nothing of a campaign is carried out after its restore, and until then a guarded host is like any other.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { LeaseLost } from '../../src/safety/safeguard.ts';
import {
  campaignPath,
  content,
  exists,
  file,
  folder,
  guardOf,
  ORIGINAL,
  original,
  PATIENCE,
  restoredByTimer,
  spawned,
  startHolder,
} from '../support/safety-target.ts';

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
  expect(await guard.guarded().writeFiles([{ path: file, text: 'late\n' }])).toEqual([
    { state: 'failed', reason: expect.stringContaining('timer on the target has fired') },
  ]);
  expect(await content()).toBe(ORIGINAL);
  await expect(guard.guarded().spawn(['touch', `${file}.2`])).rejects.toThrow('fired');
  expect(await exists(`${file}.2`)).toBe(false);
});

test('what a campaign started does not outlive it, nor does its lock', async () => {
  const restartCommand = ['sh', '-c', 'sleep 300 & echo $! >"$0"', join(folder, 'daemon')];
  const guard = guardOf('c1', { restartCommand });
  await guard.take();
  await guard.coverOriginals([original()]);
  const host = guard.guarded();
  const router = await host.spawn(['sh', '-c', 'trap "" TERM; sleep 300 & wait; sleep 300'], {});
  spawned.push(router);
  // It keeps its starter's output open; that holds up nothing.
  expect(await host.run(restartCommand)).toMatchObject({ exitCode: 0 });
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
  const [here, nowhere] = [join(folder, "it's $(here)"), join(folder, 'no', 'such', 'folder')];
  expect(
    await host.writeFiles([
      { path: here, text: '-n $(touch x)\n' },
      { path: nowhere, text: 'x' },
      { path: here, text: '2\n' },
    ]),
  ).toEqual([
    { state: 'written', readBack: '-n $(touch x)\n' },
    { state: 'failed', reason: expect.stringMatching(/no such file/i) },
    { state: 'written', readBack: '2\n' },
  ]);
  const inside = host.inNetns('siptune-none');
  expect([host.machine === host, inside.machine === host, inside.remote]).toEqual([true, true, false]);
  const command = await host.spawn(['sh', '-c', 'echo $$; exec sleep 20']);
  command.kill('SIGTERM');
  expect((await command.exited).signal).toBe('SIGTERM');
  await guard.restore();
});

test('a folder that cannot be written any more keeps nothing from being restored', async () => {
  const { holder } = await startHolder('c1');
  // Root may write anywhere, but not make a file where a folder is, nor a folder where a file is.
  for (const name of ['restore.log', 'restart.log', 'pending-restart', 'restored.new'])
    await mkdir(campaignPath('c1', name));
  holder.kill('SIGKILL');
  await expect.poll(content, PATIENCE).toBe(ORIGINAL);
});
