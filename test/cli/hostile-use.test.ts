// The program in the hands of somebody tired, or of somebody who means harm: one clear message, the right status, nothing
// written, and never a stack trace. Scenarios that are valid run as "nobody", so that no campaign can begin.
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { withFaults } from '../scenario/scenario-arbitraries.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const isRoot = process.getuid?.() === 0;
const SETPRIV = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

let folder = '';
/** Where "nobody" sees the project. */
let project = PROJECT;
let asNobody: readonly string[] = SETPRIV;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-hostile-'));
  await chmod(folder, 0o755);
  if (!isRoot || (await nobodyReads(PROJECT))) return;
  // A checkout in root's home, say: shown elsewhere, to that process only.
  project = join(folder, 'project');
  await mkdir(project);
  const mount = 'mount --bind "$0" "$1" && shift && exec "$@"';
  asNobody = ['unshare', '--mount', '/bin/sh', '-c', mount, PROJECT, project, ...SETPRIV];
});

function nobodyReads(path: string): Promise<boolean> {
  const [file = '', ...args] = [...SETPRIV, 'test', '-r', join(path, 'package.json')];
  return new Promise((resolve) => execFile(file, args, (error) => resolve(error === null)));
}

/** Of the project's programs, as nobody. */
function commandOf(program: string, through: readonly string[] = []): readonly string[] {
  const loader = join(project, 'node_modules/tsx/dist/loader.mjs');
  return [...asNobody, ...through, process.execPath, '--import', loader, join(project, program)];
}
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Through sh, which can close and redirect; the words reach siptune as they are. */
function siptune(
  words: readonly string[],
  {
    redirect = '',
    env = {},
    through = [],
  }: { redirect?: string; env?: Record<string, string | undefined>; through?: readonly string[] } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const argv = [...commandOf('src/cli.ts', through), ...words];
    const child = spawn('/bin/sh', ['-c', `exec "$@" ${redirect}`, 'sh', ...argv], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Many command lines in one process, as nobody. */
function siptunes(commands: readonly (readonly string[])[]): Promise<readonly Ended[]> {
  return new Promise((resolve, reject) => {
    const [file = '', ...args] = commandOf('test/cli/many-commands.ts');
    const child = execFile(file, args, { cwd: folder }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(JSON.parse(stdout)),
    );
    child.stdin?.end(JSON.stringify(commands));
  });
}

/** Colours are fine; whatever else steers a terminal is not. */
const isCalm = ({ stderr, stdout }: Ended): void => {
  expect(stderr).not.toMatch(/\n {4}at |siptune has a bug|undefined|\[object/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(`${stdout}${stderr}`).not.toMatch(/\u001b\[[0-9]*[A-HJ-lf]|\u001b\]|\u0007/);
};

describe('generated scenarios through the whole program', () => {
  it('end with status 2 and a place for each fault, and write nothing', async () => {
    await writeFile(join(folder, 'router.cfg'), '');
    const names: string[] = [];
    for (const [index, { data, profile }] of fc.sample(withFaults, 20).entries()) {
      const name = `${index} é $(touch x) 'q.yaml`;
      const profileName = `profile-${index}.yaml`;
      names.push(name);
      await writeFile(join(folder, name), stringify(data).replaceAll('profile.yaml', profileName));
      await writeFile(join(folder, profileName), stringify(profile));
    }
    const before = await readdir(folder);
    // One as the user starts it, and all of them in one process.
    const whole = await siptune(['run', names[0] ?? '']);
    const all = await siptunes(names.map((name) => ['run', name]));
    expect(all).toHaveLength(names.length);
    expect(whole).toEqual(all[0]);
    for (const ended of all) {
      isCalm(ended);
      expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status: 2, stdout: '' });
      for (const line of ended.stderr.trimEnd().split('\n')) expect(line).toMatch(/^.+:\d+:\d+: \S/);
    }
    expect(await readdir(folder)).toEqual(before);
  }, 60_000);
});

describe('a place that is not what it should be', () => {
  it.each<[readonly string[], number, string]>([
    [['restore', '--out', 'none'], 2, 'there is no results folder'],
    [['restore', '--out', '/etc/passwd'], 2, 'it is not a folder'],
    [['list', '--out', '/etc/passwd'], 2, 'it is not a folder'],
    [['list', '--out', 'none'], 0, ''],
    [['list', '--out', ''], 2, 'It is empty: give the name of a folder'],
    [['restore', '--out', ''], 2, 'It is empty: give the name of a folder'],
    [['run', 'x.yaml', '--out', ''], 2, 'It is empty: give the name of a folder'],
    [['export', '--out', ''], 2, 'It is empty: give the name of a folder'],
    [['report', '../../etc'], 2, 'there is no campaign "../../etc"'],
    [['run', 'no\u001b[2J\u0007such.yaml'], 2, 'no?[2J?such.yaml:1:1: the file does not exist'],
    [['restore', '\u001b]0;title\u0007'], 2, 'there is no campaign "?]0;title?"'],
    [['run', 'x.yaml', '--budget', '0'], 2, 'at least 3m'],
    [['run', 'x.yaml', '--seed', '-1'], 2, 'whole number'],
  ])('siptune %j ends with %i', async (words, status, message) => {
    const ended = await siptune(words);
    isCalm(ended);
    expect(ended.stderr).toContain(message);
    expect(ended.status).toBe(status);
  });

  it('a results folder that may not be read is not an empty one', async () => {
    await mkdir(join(folder, 'closed'), { mode: 0o000 });
    for (const command of ['restore', 'list']) {
      const { status, stdout, stderr } = await siptune([command, '--out', 'closed']);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain('the results folder closed cannot be read: EACCES');
    }
  });
});

describe('journals that somebody else has prepared', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const evil = {
    at,
    type: 'original',
    knob: 'net.core.rmem_max',
    target: { via: 'sysctl', key: '../../tmp/x' },
    raw: '1',
  };

  it('are named, line by line, and one of them keeps no other from being looked at', async () => {
    const results = join(folder, 'results-of-others');
    for (const [id, text] of [
      ['a', `${JSON.stringify(evil)}\n`],
      ['b', 'not\u001b[2J json\n\0\0\0'],
      ['c', '{"at":"'],
    ] as const) {
      await mkdir(join(results, id), { recursive: true });
      await writeFile(join(results, id, 'journal.jsonl'), text);
    }
    await mkdir(join(results, 'd'));
    await symlink('/etc/passwd', join(results, 'd', 'journal.jsonl'));
    await mkdir(join(results, 'e', 'journal.jsonl'), { recursive: true });
    await mkdir(join(results, 'f'));
    const ended = await siptune(['restore', '--out', results]);
    isCalm(ended);
    expect(ended.stderr).toMatch(
      /a\/journal\.jsonl:1: original: this is not where net\.core\.rmem_max stands/,
    );
    expect(ended.stderr).toMatch(/b\/journal\.jsonl:1: not an event: not\?\[2J json/);
    expect(ended.stderr).toMatch(/d\/journal\.jsonl cannot be read/);
    expect(ended.stderr).toMatch(/e\/journal\.jsonl is not a regular file/);
    expect(ended.stderr).not.toMatch(/[cf]\/journal\.jsonl/);
    expect(ended.status).not.toBe(0);
  });
});

describe('an environment that is not the usual one', () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['no HOME', { HOME: undefined }],
    ['odd time zone and language', { TZ: 'Foo/Bar', LANG: 'C', LC_ALL: 'xx_YY' }],
    ['a dumb terminal', { TERM: 'dumb', NO_COLOR: '1', COLUMNS: '-3' }],
  ])('%s: a valid scenario still gets as far as the question for root', async (_, env) => {
    const ended = await siptune(['run', join(project, 'scenarios/lab-kamailio.yaml')], { env });
    isCalm(ended);
    expect(ended.stderr).toContain('needs root');
    expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status: 3, stdout: '' });
  });

  it.skipIf(!isRoot)('a lab that cannot be looked for is not said to be down', async () => {
    const ended = await siptune(['lab', 'status'], { through: ['/usr/bin/env', 'PATH=/nowhere'] });
    isCalm(ended);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('ip is not on local');
    expect(ended.status).toBe(3);
  });

  it.each([
    ['>&-', 0],
    ['2>&-', 0],
    ['<&- >&- 2>&-', 0],
    ['2>/dev/full', 0],
  ])('streams that are closed or full (%s)', async (redirect, status) => {
    const ended = await siptune(['list'], { redirect });
    isCalm(ended);
    expect(ended.status).toBe(status);
  });

  it('data that could not be written is not a success', async () => {
    const { status, stderr } = await siptune(['list', '--json'], { redirect: '>/dev/full' });
    expect(stderr).toContain('stdout cannot be written: no space is left there (ENOSPC)');
    expect(status).toBe(3);
  });
});
