// A folder of good and one of bad scenarios: what each resolves to, and what a person is told about each.
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { formatProblems, loadScenario } from '../../src/scenario/load-scenario.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { DEFAULT_SAMPLER } from '../../src/search/sampler-names.ts';
import { SMALL_CATALOGUE } from './small-catalogue.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const repo = fileURLToPath(new URL('../..', import.meta.url));
const good = join(here, 'good');
const bad = join(here, 'bad');

async function valid(path: string): Promise<Scenario> {
  const loaded = await loadScenario(path, SMALL_CATALOGUE);
  if (loaded.state === 'invalid') throw new Error(formatProblems(loaded.problems));
  return loaded.scenario;
}

async function problemsOf(path: string): Promise<string> {
  const loaded = await loadScenario(path, SMALL_CATALOGUE);
  return loaded.state === 'valid' ? '' : formatProblems(loaded.problems);
}

describe('good scenarios', () => {
  it('fills in every default', async () => {
    expect(await valid(join(good, 'minimal.yaml'))).toEqual({
      name: 'minimal',
      path: join(good, 'minimal.yaml'),
      target: { kind: 'lab', egressBitsPerS: undefined },
      router: {
        kind: 'kamailio',
        binary: undefined,
        config: join(good, 'router.cfg'),
        service: undefined,
        settings: {},
      },
      load: { flow: 'invite', holdMs: 500, uaRateCps: 2, warmupMs: 1500, windowMs: 5000 },
      objective: { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 },
      knobs: [{ name: 'txqueuelen', min: undefined, max: undefined }],
      contenders: [],
      budgetMs: 420_000,
      seed: 1,
      search: { sampler: DEFAULT_SAMPLER },
      safety: { deadmanMs: 60_000 },
    });
  });

  it('resolves every quantity to the unit of its field', async () => {
    const scenario = await valid(join(good, 'everything.yaml'));
    expect(scenario).toMatchObject({
      target: { kind: 'lab', egressBitsPerS: 40_000_000 },
      router: {
        kind: 'opensips',
        binary: '/bin/sh',
        settings: { workers: 4, maxbufferBytes: 262_144, shmMib: 128, pkgMib: 16 },
      },
      load: {
        flow: 'options',
        transport: 'tcp-per-call',
        arrivals: { kind: 'bursts', factor: 5, everyMs: 10_000, forMs: 100 },
        baseRateCps: 200,
        generators: [
          { caller: { netns: 'a', address: '198.18.1.1' }, callee: { address: '198.18.2.1' } },
          { caller: { address: '198.18.1.2' }, callee: { netns: 'b', address: '198.18.2.2' } },
        ],
        holdMs: 1500,
        uaRateCps: 3,
        warmupMs: 0,
        windowMs: 90_000,
      },
      objective: {
        maximise: 'burstCalls',
        guards: [{ metric: 'capacityCps', mayFall: 0.05 }],
        maxLoss: 0.005,
        maxP99SetupMs: 150,
      },
      budgetMs: 5_400_000,
      seed: 42,
      safety: { deadmanMs: 120_000 },
    });
    expect(scenario.knobs).toEqual([
      { name: 'net.core.rmem_default', min: 262_144, max: 8_388_608 },
      { name: 'net.core.rmem_max', min: undefined, max: 8_388_608 },
      { name: 'txqueuelen', min: 10, max: 5000 },
      { name: 'kernel.shmmax', min: undefined, max: undefined },
      { name: 'router.shm', min: 64, max: 512 },
    ]);
  });

  it('reads profiles by name and by path, and leaves a share of RAM to be resolved on the target', async () => {
    const { contenders } = await valid(join(good, 'everything.yaml'));
    expect(contenders).toEqual([
      {
        name: 'fast',
        configuration: {
          'net.core.rmem_max': 10_485_760,
          txqueuelen: 3000,
          'kernel.shmmax': 'ram/4',
          'router.shm': 1024,
        },
      },
      { name: 'small', configuration: { txqueuelen: 10 } },
    ]);
  });

  it('takes a router that a service manager runs, on a host of its own', async () => {
    expect(await valid(join(good, 'service.yaml'))).toMatchObject({
      target: {
        kind: 'host',
        host: 'local',
        netns: 'staging',
        address: '192.0.2.10',
        port: 5060,
        device: 'eth0.100',
        caller: { netns: 'callers', address: '192.0.2.11' },
        callee: { netns: undefined, address: '192.0.2.12' },
      },
      router: {
        config: undefined,
        service: {
          restartCommand: ['systemctl', 'restart', 'kamailio'],
          defaultsFile: '/etc/default/kamailio',
          pidFile: undefined,
        },
      },
    });
  });

  it('takes another machine, with paths that are looked for there', async () => {
    expect(await valid(join(good, 'remote.yaml'))).toMatchObject({
      target: {
        kind: 'host',
        host: { user: 'tuner', name: 'sip1.example.com', port: 2222 },
        netns: 'router',
      },
      router: { binary: '/opt/opensips/sbin/opensips', config: '/etc/opensips/opensips.cfg' },
    });
  });

  it('resolves paths against the scenario, wherever siptune was started', async () => {
    const scenario = await valid(relative(process.cwd(), join(good, 'minimal.yaml')));
    expect(scenario.path).toBe(join(good, 'minimal.yaml'));
    expect(scenario.router.config).toBe(join(good, 'router.cfg'));
  });

  it('finds the profiles that come with siptune from a scenario elsewhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'siptune-'));
    await writeFile(join(folder, 'router.cfg'), '');
    const text = await readFile(join(good, 'minimal.yaml'), 'utf8');
    await writeFile(join(folder, 'mine.yaml'), `${text}contenders: [article]\n`);
    const loaded = await loadScenario(join(folder, 'mine.yaml'), CATALOGUE);
    await rm(folder, { recursive: true });
    expect(loaded).toMatchObject({ state: 'valid', scenario: { contenders: [{ name: 'article' }] } });
  });
});

describe('the scenarios that come with siptune', async () => {
  const shipped = join(repo, 'scenarios');
  const names = (await readdir(shipped)).filter((name) => name.endsWith('.yaml'));
  it.each(names)('%s is valid', async (name) => {
    const loaded = await loadScenario(join(shipped, name), CATALOGUE);
    expect(loaded.state === 'valid' ? '' : formatProblems(loaded.problems)).toBe('');
    expect(loaded.state === 'valid' && loaded.scenario.name).toBe(name.replace('.yaml', ''));
  });
});

describe('a simulated target', () => {
  it('brings its router, its knobs and its load with it', async () => {
    const scenario = await valid(join(good, 'simulated.yaml'));
    expect(scenario).toMatchObject({
      target: { kind: 'sim', landscape: 'cliff', noisePct: 10 },
      router: { kind: 'kamailio', config: undefined },
      load: { arrivals: { kind: 'bursts', factor: 4 }, uaRateCps: 0 },
    });
    expect(scenario.knobs.map(({ name }) => name)).toContain('router.maxbuffer');
  });
});

describe('bad scenarios', async () => {
  const names = (await readdir(bad)).filter((name) => name.endsWith('.yaml'));
  // Beside each stands what is said about it; paths of this machine are shortened.
  it.each(names)('%s', async (name) => {
    const said = (await problemsOf(join(bad, name))).replaceAll(`${bad}/`, '').replaceAll(repo, '');
    expect(`${said}\n`).toBe(await readFile(join(bad, name.replace('.yaml', '.txt')), 'utf8'));
  });
});

describe('what is not a scenario at all', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'siptune-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const told = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content);
    return (await problemsOf(join(folder, name))).replaceAll(`${folder}/`, '');
  };

  it('says what to do when there is no such file', async () => {
    expect(await problemsOf(join(folder, 'none.yaml'))).toContain(
      'none.yaml:1:1: the file does not exist: give the path of a scenario file',
    );
  });

  it('refuses a directory, a device and a pipe without reading from them', async () => {
    expect(await problemsOf(folder)).toContain('the file is a directory');
    expect(await problemsOf('/dev/zero')).toContain('the file is not a regular file');
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    expect(await problemsOf(join(folder, 'pipe.yaml'))).toContain('the file is not a regular file');
    await symlink('loop.yaml', join(folder, 'loop.yaml'));
    expect(await problemsOf(join(folder, 'loop.yaml'))).toContain('a symbolic link that leads to itself');
    expect(await problemsOf(join(folder, 'a\0b.yaml'))).toContain('the file cannot be read');
    expect(await problemsOf(join(folder, 'x'.repeat(5_000)))).toContain('the file cannot be read');
  });

  it('refuses such files as profiles, too', async () => {
    await writeFile(join(folder, 'router.cfg'), '');
    const text = await readFile(join(good, 'minimal.yaml'), 'utf8');
    const said = await told('odd.yaml', `${text}contenders: [./, pipe.yaml, /dev/zero, loop.yaml]\n`);
    expect(said.split('\n').sort()).toEqual([
      '/dev/zero:1:1: the file is not a regular file',
      ':1:1: the file is a directory: give the YAML file in it',
      expect.stringContaining('contenders[3]: there is no profile "loop.yaml"'),
      'pipe.yaml:1:1: the file is not a regular file',
    ]);
  });

  it('refuses binary files, other encodings and huge files', async () => {
    expect(await told('binary.yaml', Uint8Array.of(1, 0, 2))).toBe(
      'binary.yaml:1:1: the file is a binary file: YAML is text',
    );
    expect(await told('latin1.yaml', Uint8Array.of(0x6e, 0xe9, 0x0a))).toBe(
      'latin1.yaml:1:1: the file is not UTF-8 text',
    );
    expect(await told('huge.yaml', '#'.repeat(10 * 1024 ** 2))).toContain('too large');
  });

  it('survives nesting that no person writes', async () => {
    expect(await told('deep.yaml', '['.repeat(200_000))).toContain('deep.yaml:1:');
    // A parser that has lost its way does not scroll the first problem off the screen.
    const lost = await told('lost.yaml', `a: ${'['.repeat(100_000)}`);
    expect(lost).toContain('nested too deeply');
    expect(lost).not.toContain('call stack');
    expect(lost.split('\n').length).toBeLessThan(30);
  });

  it.skipIf(process.getuid?.() === 0)('says that a file may not be read', async () => {
    await told('secret.yaml', 'name: secret');
    await chmod(join(folder, 'secret.yaml'), 0o000);
    expect(await problemsOf(join(folder, 'secret.yaml'))).toContain('may not be read by this user');
  });
});
