// The program as a user meets it: help, wrong usage, a scenario with problems, closed pipes, signals.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const loader = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url));
const simulated = fileURLToPath(new URL('../../scenarios/sim-article.yaml', import.meta.url));
const badScenario = fileURLToPath(new URL('bad-scenario.yaml', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

function siptune(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', loader, cli, ...args], { cwd: folder });
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

describe('help', () => {
  it('names every command and what each exit status means, on stdout', async () => {
    const { status, stdout, stderr } = await siptune('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of [
      'doctor',
      'plan',
      'sim',
      'run',
      'resume',
      'restore',
      'lab',
      'list',
      'report',
      'compare',
      'export',
    ])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    for (const code of [0, 1, 2, 3, 70, 130]) expect(stdout).toMatch(new RegExp(`^  ${code}  `, 'm'));
  });

  it('says the version of the package', async () => {
    const packageJson = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { status, stdout } = await siptune('--version');
    expect(status).toBe(0);
    expect(stdout.trim()).toBe(JSON.parse(packageJson).version);
  });
});

describe('wrong usage ends with status 2, and a word on what would be right', () => {
  it.each([
    [['rnu'], 'Did you mean run?'],
    [[], 'Usage: siptune'],
    [['run'], "missing required argument 'scenario'"],
    [['run', 'a.yaml', 'b.yaml'], 'too many arguments'],
    [['run', 'a.yaml', '--budget', '30s'], 'at least 3m'],
    [['run', 'a.yaml', '--budget', '90'], '"90" has no unit of time'],
    [['run', 'a.yaml', '--seed', 'x'], 'whole number'],
    [['run', 'a.yaml', '--contender', ''], 'give the name of a profile or a file'],
    [['plan'], "missing required argument 'scenario'"],
    [['plan', 'a.yaml', '--budget', '30s'], 'at least 3m'],
    [['plan', 'a.yaml', 'b.yaml'], 'too many arguments'],
    [['doctor', 'a.yaml', 'b.yaml'], 'too many arguments'],
    [['doctor', '--jsno'], 'Did you mean --json?'],
    [['doctor', 'no-such.yaml'], 'no-such.yaml'],
    [['run', 'a.yaml', '--until', '25:00'], '"25:00" is not a time'],
    [['run', 'a.yaml', '--until', '2020-01-01T05:30'], '2020-01-01T05:30 is past'],
    [['lab', 'sideways'], 'up, down, status'],
    [['run', 'a.yaml', '--bugdet', '6m'], 'Did you mean --budget?'],
  ])('siptune %j', async (args, advice) => {
    const { status, stdout, stderr } = await siptune(...args);
    expect(stderr).toContain(advice);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('a scenario with problems', () => {
  it.each(['run', 'plan', 'doctor'])(
    'is answered by %s with all of them at once, status 2, and nothing written',
    async (command) => {
      const { status, stdout, stderr } = await siptune(command, badScenario);
      expect(stderr.split('\n').filter(Boolean)).toEqual([
        expect.stringContaining(`${badScenario}:2:1: objective: is missing`),
        expect.stringContaining(`${badScenario}:5:1: unknown key "objektive"; did you mean "objective"?`),
        expect.stringContaining(`${badScenario}:8:5: knobs[1]: "rmem_max" is not a knob in the catalogue`),
        expect.stringContaining(`${badScenario}:9:9: budget: "soon" is not a duration`),
      ]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

describe('a contender with problems', () => {
  it.each(['run', 'plan'])('is answered by %s with status 2, and nothing written', async (command) => {
    const args = [command, simulated, '--contender', 'article', '--contender', 'nobody.conf'];
    const { status, stdout, stderr } = await siptune(...args);
    expect(stderr).toMatch(/^(siptune: )?nobody\.conf:1:1: --contender: there is no profile "nobody\.conf"/m);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a reader that has seen enough', () => {
  it('ends nothing with an error', async () => {
    const child = spawn(process.execPath, ['--import', loader, cli, '--help'], { cwd: folder });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
