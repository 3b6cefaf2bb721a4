// restore.sh: readable, clean, and right whatever the values are; run by a real sh.
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PUT_FILES, RENEW, START_WATCH } from '../../src/safety/dead-man-scripts.ts';
import {
  GUARDED_RESTART,
  GUARDED_RUN,
  GUARDED_SPAWN,
  GUARDED_WRITE,
  GUARDED_WRITES,
} from '../../src/safety/guard-scripts.ts';
import { GIVE_UP, LOOK, REMOVE, TAKE } from '../../src/safety/lease-scripts.ts';
import { renderRestoreScript, type WayBack } from '../../src/safety/restore-script.ts';
import { WATCH_SCRIPT } from '../../src/safety/watch-script.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Original } from '../../src/targets/original.ts';

const machine = createLocalHost();
const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
const { notFound: noShellcheck } = await machine.run(['shellcheck', '--version']);

let folder = '';
let here = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-test-restore-'));
  here = join(folder, 'campaigns', 'c1');
  await mkdir(here, { recursive: true });
  await mkdir(join(folder, 'sys', 'net', 'core'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const sysctl = (key: string, raw: string, netns?: string): Original => ({
  knob: key,
  target: { via: 'sysctl', key, netns },
  raw,
});
const service = (defaultsFile: string, raw: string, restartCommand: readonly string[]): Original => ({
  knob: defaultsFile,
  target: { via: 'service', defaultsFile, restartCommand },
  raw,
});
const way = (originals: readonly Original[], more: Partial<WayBack> = {}): WayBack => ({
  campaign: 'c1',
  token: 'f00d',
  statePath: folder,
  startedAt: '2026-01-01T00:00:00.000Z',
  bootId,
  originals,
  lab: false,
  procSys: join(folder, 'sys'),
  sysNet: join(folder, 'class'),
  ...more,
});

async function restore(of: WayBack, ...args: string[]) {
  const script = join(here, 'restore.sh');
  await writeFile(script, renderRestoreScript(of));
  return machine.run(['sh', script, ...args]);
}
const value = (name: string) => readFile(join(folder, 'sys', ...name.split('.')), 'utf8');
const set = (name: string, text: string) => writeFile(join(folder, 'sys', ...name.split('.')), text);
const outcome = async () => (await readFile(join(here, 'restored'), 'utf8')).split('\n')[0];

const everyKind = (): readonly Original[] => [
  sysctl('net.core.rmem_max', '212992'),
  sysctl('net.ipv4.tcp_rmem', '4096 131072 33554432', 'ns1'),
  { knob: 'txqueuelen', target: { via: 'txqueuelen', device: 'eth0', netns: 'ns1' }, raw: '1000' },
  { knob: 'router.shm', target: { via: 'router', setting: 'shmMib' }, raw: '64' },
  service(join(folder, 'defaults'), 'SHM_MEMORY=64\n', ['systemctl', 'restart', "o'brien"]),
];

describe('the scripts themselves', () => {
  const scripts = (): Readonly<Record<string, string>> => ({
    'restore.sh': renderRestoreScript(
      way(everyKind(), { lab: true, workFolder: '/run/siptune-router-a1b2c3' }),
    ),
    'watch.sh': WATCH_SCRIPT,
    ...{ LOOK, TAKE, REMOVE, GIVE_UP, PUT_FILES, START_WATCH, RENEW },
    ...{ GUARDED_RUN, GUARDED_RESTART, GUARDED_SPAWN, GUARDED_WRITE, GUARDED_WRITES },
  });

  test('are POSIX sh without a complaint', async () => {
    for (const [name, text] of Object.entries(scripts())) {
      const file = join(folder, name);
      await writeFile(file, text);
      expect(await machine.run(['sh', '-n', file]), name).toMatchObject({ exitCode: 0, stderr: '' });
      if (noShellcheck) continue;
      // SC2317, SC2329: functions that this script has in common with others, and does not call.
      const checked = await machine.run(['shellcheck', '-s', 'sh', '-e', 'SC2317,SC2329', file]);
      expect(`${checked.stdout}${checked.stderr}`, name).toBe('');
    }
  });

  test('never ask for the time of day', () => {
    for (const text of Object.values(scripts())) expect(text).not.toMatch(/\bdate\b/);
  });
});

test('puts back what differs, last change first, and the second run changes nothing', async () => {
  await set('net.core.a', '5\n');
  await set('net.core.b', '1\t2\t3\n');
  await set('net.core.c', '7\n');
  const originals = [sysctl('net.core.a', '4'), sysctl('net.core.b', '1 2 3'), sysctl('net.core.c', '8')];
  const first = await restore(way(originals));
  expect(first).toMatchObject({
    exitCode: 0,
    stdout: 'restored\tnet.core.c\t7 -> 8\nunchanged\tnet.core.b\t1 2 3\nrestored\tnet.core.a\t5 -> 4\n',
  });
  expect([await value('net.core.a'), await value('net.core.c')]).toEqual(['4\n', '8\n']);
  expect(await outcome()).toBe('complete');

  await set('net.core.a', '6\n');
  const second = await restore(way(originals));
  expect(second).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing to do') });
  expect(await value('net.core.a')).toBe('6\n');
  expect((await restore(way(originals), '--again')).stdout).toContain('net.core.a\t6 -> 4');
});

test('the folder of the campaign’s router goes away, with whatever is in it', async () => {
  const workFolder = join(folder, "work $(folder) '");
  await mkdir(join(workFolder, 'deep'), { recursive: true });
  const run = await restore(way([], { workFolder }));
  expect(run).toMatchObject({ exitCode: 0, stdout: `restored\twork folder\t${workFolder} -> deleted\n` });
  await expect(stat(workFolder)).rejects.toThrow('ENOENT');
  expect(await restore(way([], { workFolder }), '--again')).toMatchObject({ exitCode: 0, stdout: '' });
});

test('goes on past what cannot be restored, and lists it', async () => {
  await set('net.core.a', '5\n');
  const originals = [
    sysctl('net.core.a', '4'),
    sysctl('net.core.gone', '1'),
    sysctl('net.core.elsewhere', '1', 'siptune-no-such-netns'),
  ];
  const run = await restore(way(originals));
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toContain('restored\tnet.core.a\t5 -> 4');
  expect(run.stderr).toMatch(/NOT RESTORED \(2\):\n.*elsewhere.*siptune-no-such-netns.*\nnet\.core\.gone: /);
  expect(await outcome()).toBe('incomplete');
});

test('a value that nobody may write is a failure with the kernel’s reason', async () => {
  const run = await restore(way([sysctl('kernel.osrelease', '1.0')], { procSys: '/proc/sys' }));
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('kernel.osrelease: is') });
});

test('whatever a reboot has undone is not written again, but files are', async () => {
  await set('net.core.a', '5\n');
  const file = join(folder, 'defaults');
  await writeFile(file, 'new');
  const log = join(folder, 'log');
  await writeFile(join(here, 'service-restarted'), '');
  const restart = ['sh', '-c', 'echo restarted >>"$0"', log];
  const run = await restore(
    way([sysctl('net.core.a', '4'), service(file, 'old', restart)], { bootId: 'another', lab: true }),
  );
  expect(run.exitCode).toBe(0);
  expect(await value('net.core.a')).toBe('5\n');
  expect(await readFile(file, 'utf8')).toBe('old');
  expect(await readFile(log, 'utf8')).toBe('restarted\n');
});

describe('a service', () => {
  let file = '';
  let restart: readonly string[] = [];
  const restarts = async () => (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).length;
  beforeEach(async () => {
    file = join(folder, 'defaults');
    await writeFile(join(folder, 'real'), 'SHM_MEMORY=128\n');
    await chmod(join(folder, 'real'), 0o640);
    await symlink('real', file);
    restart = ['sh', '-c', 'printf x >>"$0"', join(folder, 'log')];
  });

  test('gets its file back to the byte, through a link, with its mode, and is restarted once', async () => {
    const original = 'SHM_MEMORY=64\n# Grüße, no newline at the end';
    await writeFile(join(folder, 'real.siptune-new'), 'left by a crash');
    const run = await restore(way([service(file, original, restart)]));
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe(original);
    expect((await stat(join(folder, 'real'))).mode & 0o777).toBe(0o640);
    expect(await stat(join(folder, 'real.siptune-new')).catch(() => null)).toBeNull();
    expect(await restarts()).toBe(1);
    expect((await restore(way([service(file, original, restart)]), '--again')).exitCode).toBe(0);
    expect(await restarts()).toBe(1);
  });

  test('is not restarted when nothing of it changed', async () => {
    expect((await restore(way([service(file, 'SHM_MEMORY=128\n', restart)]))).exitCode).toBe(0);
    expect(await restarts()).toBe(0);
  });

  test('is restarted when the campaign restarted it: its sockets were made under other settings', async () => {
    await writeFile(join(here, 'service-restarted'), '');
    await set('net.core.a', '5\n');
    const probe = [
      'sh',
      '-c',
      'cat "$1" >"$0"',
      join(folder, 'log'),
      join(folder, 'sys', 'net', 'core', 'a'),
    ];
    const run = await restore(way([sysctl('net.core.a', '4'), service(file, 'SHM_MEMORY=128\n', probe)]));
    expect(run.exitCode).toBe(0);
    // After every value was back.
    expect(await readFile(join(folder, 'log'), 'utf8')).toBe('4\n');
  });

  test('that does not restart is a failure, and is tried again by the next run', async () => {
    const broken = ['sh', '-c', 'echo no such unit >&2; exit 5'];
    const run = await restore(way([service(file, 'old', broken)]));
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/exit status 5: no such unit/) });
    expect(await readFile(file, 'utf8')).toBe('old');
    expect((await restore(way([service(file, 'old', restart)]))).exitCode).toBe(0);
    expect(await restarts()).toBe(1);
  });

  test('whose daemon keeps the output open does not hold up the restore', async () => {
    const daemon = ['sh', '-c', 'sleep 20 & echo $! >"$0"', join(folder, 'pid')];
    const run = await machine.run(['true']).then(() => restore(way([service(file, 'old', daemon)])));
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')));
    expect(run).toMatchObject({ exitCode: 0, timedOut: false });
  });
});

test('only processes that carry the campaign’s mark are ended, also those that ignore SIGTERM', async () => {
  const spawn = (mark: string) =>
    machine.spawn(['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], {
      env: { SIPTUNE_CAMPAIGN: mark },
    });
  const [own, others] = [await spawn(':c1:f00d:'), await spawn(':c1:beef:')];
  const run = await restore(way([]));
  expect(run.exitCode).toBe(0);
  expect(await own.exited).toMatchObject({ signal: 'SIGKILL' });
  expect((await machine.readFiles([`/proc/${others.pid}/stat`])).get(`/proc/${others.pid}/stat`)).toContain(
    '(sh)',
  );
  others.kill('SIGKILL');
});

test('another campaign’s lease stops it before it writes anything', async () => {
  await set('net.core.a', '5\n');
  await mkdir(join(folder, 'lease'));
  await writeFile(join(folder, 'lease', 'token.beef'), '');
  const run = await restore(way([sysctl('net.core.a', '4')]));
  expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('another campaign') });
  expect(await value('net.core.a')).toBe('5\n');
});

test('values of every kind reach the file as they are, and nothing in them is run', async () => {
  const shellish = fc.string({
    unit: fc.constantFrom(...'$`"\'\\;&|<>(){}[]*?#~!% \t=-aZ0é/'),
    maxLength: 40,
  });
  const text = fc
    .oneof(shellish, fc.string({ unit: 'grapheme', maxLength: 40 }))
    .filter((s) => !s.includes('\0'));
  const line = text.map((s) => s.replace(/\s+/g, ' ').trim());
  const setting = fc.record({ raw: line, content: text, knob: text });
  await fc.assert(
    fc.asyncProperty(fc.array(setting, { minLength: 10, maxLength: 10 }), async (settings) => {
      const names = settings.map((_, index) => `net.core.v${index}`);
      const file = (index: number) => join(folder, `${index} de'faults $(touch pwned)`);
      for (const [index, name] of names.entries()) {
        await set(name, 'before\n');
        await writeFile(file(index), 'before');
      }
      const originals = settings.flatMap(({ raw, content, knob }, index) => [
        { ...sysctl(names[index] ?? '', raw), knob },
        service(file(index), content, ['true', content, raw]),
      ]);
      const run = await restore(way(originals), '--again');
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      for (const [index, { raw, content }] of settings.entries()) {
        expect(await value(names[index] ?? '')).toBe(`${raw}\n`);
        expect(await readFile(file(index), 'utf8')).toBe(content);
      }
      expect((await machine.run(['ls', folder])).stdout.split('\n')).not.toContain('pwned');
      const restored = run.stdout.split('\n').filter((one) => one.startsWith('restored\t'));
      expect(restored.length).toBeGreaterThanOrEqual(2 * settings.length);
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 120_000);

test('a campaign’s own words cannot leave the comment that they stand in', async () => {
  const run = await restore(way([], { startedAt: 'now\ntouch pwned\u2028\u001b[2J' }));
  expect(run.exitCode).toBe(0);
  expect(await machine.run(['ls', folder])).toMatchObject({ stdout: expect.not.stringContaining('pwned') });
});
