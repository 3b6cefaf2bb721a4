// The exported script, run by sh with a sysctl of its own: nothing on this machine is changed.
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { profileOf } from '../../src/export/profile.ts';
import { shell } from '../../src/export/shell.ts';
import type { Result } from '../../src/store/result.ts';
import { everyKind, withValues } from '../support/profiles.ts';
import { improved } from '../support/results.ts';
import { tempDir } from '../support/temp-dir.ts';

const buffers = withValues({
  'net.core.rmem_default': [212_992, 1_835_008],
  'net.core.rmem_max': [4_194_304, 2_883_584],
});
const scriptOf = (result: Result): string => shell.files(profileOf(result))[0]?.text ?? '';

const hasShellcheck = spawnSync('shellcheck', ['--version']).error === undefined;
if (!hasShellcheck)
  process.stderr.write('shellcheck is not installed: one test of the exported script is skipped.\n');

/** A sysctl that keeps its keys as files, and an id that says what it is told. */
async function machine(keys: Readonly<Record<string, string>>, uid = 0): Promise<string> {
  const dir = await tempDir();
  await mkdir(join(dir, 'keys'));
  for (const [key, value] of Object.entries(keys)) await writeFile(join(dir, 'keys', key), `${value}\n`);
  const sysctl = `#!/bin/sh
cd '${dir}/keys' || exit 9
if [ "$1" = -n ]; then cat "$2"; exit; fi
[ "$1 $2" = '-q -w' ] || exit 9
key=\${3%%=*} value=\${3#*=}
[ -w "$key" ] || exit 1
if [ "$value" = "$(cat ../refused 2>/dev/null)" ]; then echo 'Invalid argument' >&2; exit 255; fi
echo "$value" >"$key"
echo "$3" >>../log
`;
  await writeFile(join(dir, 'sysctl'), sysctl);
  await writeFile(join(dir, 'id'), `#!/bin/sh\necho ${uid}\n`);
  for (const tool of ['sysctl', 'id']) await chmod(join(dir, tool), 0o755);
  return dir;
}

function run(dir: string, script: string, ...args: readonly string[]) {
  const path = `${dir}:/usr/bin:/bin`;
  const { status, stdout, stderr } = spawnSync('sh', ['-s', '--', ...args], {
    input: script,
    encoding: 'utf8',
    env: { PATH: path },
  });
  return { status, stdout, stderr };
}

const written = async (dir: string): Promise<readonly string[]> =>
  (await readFile(join(dir, 'log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

const TODAY = { 'net.core.rmem_default': '212992', 'net.core.rmem_max': '4194304' };

describe('is a script that any sh takes', () => {
  test.each([improved, everyKind, buffers])('dash -n', (result) => {
    expect(spawnSync('sh', ['-n'], { input: scriptOf(result), encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  test.skipIf(!hasShellcheck)('shellcheck has nothing to say', () => {
    for (const result of [improved, everyKind, buffers])
      expect(
        spawnSync('shellcheck', ['-s', 'sh', '-'], { input: scriptOf(result), encoding: 'utf8' }),
      ).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('applies', () => {
  let script = '';
  beforeEach(() => {
    script = scriptOf(buffers);
  });

  test('what differs, and says from what to what', async () => {
    const dir = await machine(TODAY);
    expect(run(dir, script)).toEqual({
      status: 0,
      stdout: 'net.core.rmem_default = 1835008, was 212992\nnet.core.rmem_max = 2883584, was 4194304\n',
      stderr: '',
    });
    expect(await written(dir)).toEqual(['net.core.rmem_default=1835008', 'net.core.rmem_max=2883584']);
  });

  test('again: nothing', async () => {
    const dir = await machine(TODAY);
    run(dir, script);
    expect(run(dir, script).stdout).toContain('net.core.rmem_max = 2883584 already\n');
    expect(await written(dir)).toHaveLength(2);
  });

  test('and takes back', async () => {
    const dir = await machine(TODAY);
    run(dir, script);
    expect(run(dir, script, '--revert')).toMatchObject({ status: 0, stderr: '' });
    expect((await written(dir)).slice(2)).toEqual([
      'net.core.rmem_default=212992',
      'net.core.rmem_max=4194304',
    ]);
  });

  test('a value that is neither is named before it is gone', async () => {
    const dir = await machine({ ...TODAY, 'net.core.rmem_max': '1000000' });
    expect(run(dir, script).stderr).toBe(
      'note: net.core.rmem_max is 1000000 here, which --revert does not bring back: it sets 4194304, as where it was measured\n',
    );
  });

  test.each([['--dry-run'], ['--dry-run', '--revert'], ['--revert', '--dry-run']])(
    '%s %s changes nothing, and needs no root',
    async (...args) => {
      const dir = await machine(TODAY, 1000);
      const { status, stdout } = run(dir, script, ...args.filter((arg) => arg !== undefined));
      expect(status).toBe(0);
      expect(stdout).toContain(
        args.includes('--revert')
          ? 'net.core.rmem_max = 4194304 already'
          : 'net.core.rmem_max = 2883584, now 4194304 (not written)',
      );
      expect(await written(dir)).toEqual([]);
    },
  );

  test('not without root', async () => {
    const dir = await machine(TODAY, 1000);
    expect(run(dir, script)).toMatchObject({ status: 3, stderr: expect.stringContaining('needs root') });
    expect(await written(dir)).toEqual([]);
  });

  test.each(['--revrt', '-x', 'eth0', ''])('not with the argument "%s"', async (argument) => {
    const dir = await machine(TODAY);
    const { status, stderr } = run(dir, script, argument);
    expect({ status, usage: stderr.includes('usage: sh siptune-profile.sh [--dry-run] [--revert]') }).toEqual(
      {
        status: 2,
        usage: true,
      },
    );
    expect(await written(dir)).toEqual([]);
  });

  test('--help says how, and does nothing', async () => {
    const dir = await machine(TODAY);
    expect(run(dir, script, '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('usage:'),
    });
    expect(await written(dir)).toEqual([]);
  });

  test('nothing where a key is missing, also not those before it', async () => {
    const dir = await machine({ 'net.core.rmem_default': '212992' });
    expect(run(dir, script)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('net.core.rmem_max cannot be read on this system: nothing was changed'),
    });
    expect(await written(dir)).toEqual([]);
  });

  test('and stops at a value that the kernel refuses', async () => {
    const dir = await machine(TODAY);
    await writeFile(join(dir, 'refused'), '2883584');
    expect(run(dir, script)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('net.core.rmem_max is 4194304, 2883584 was not taken'),
    });
  });
});

test('finds the real sysctl where a plain user’s PATH does not look', () => {
  const { status, stdout } = spawnSync('/bin/sh', ['-s', '--', '--dry-run'], {
    input: scriptOf(withValues({ 'kernel.shmmax': [33_554_432, 67_108_864] })),
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^kernel\.shmmax = 67108864/);
});

describe('a queue', () => {
  const KEYS = {
    'net.core.rmem_default': '212992',
    'kernel.shmmax': '18446744073692774399',
    'kernel.shmall': '18446744073692774399',
  };

  test.each([[], ['no-such-device'], ['../../..'], ['lo', 'lo']])(
    'needs one device that is there: %j %j',
    async (...devices) => {
      const dir = await machine(KEYS);
      const { status, stderr } = run(dir, scriptOf(everyKind), ...devices.filter((one) => one !== undefined));
      expect([2, 3]).toContain(status);
      expect(stderr).toMatch(/device/);
      expect(await written(dir)).toEqual([]);
    },
  );

  test('is read from the device', async () => {
    const dir = await machine(KEYS);
    const { status, stdout } = run(dir, scriptOf(everyKind), '--dry-run', 'lo');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^txqueuelen = 200, now \d+ \(not written\)$/m);
    expect(stdout).toContain('kernel.shmmax = 1073741824, now 18446744073692774399 (not written)');
  });
});
