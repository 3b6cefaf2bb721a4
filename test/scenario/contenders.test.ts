// Contenders from files of every kind: what is taken of each, what is left out and named, and what is wrong with its place.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { formatProblems, loadScenario } from '../../src/scenario/load-scenario.ts';
import { loadProfile } from '../../src/scenario/profiles/load-profile.ts';
import { readScenario, writeScenario } from '../../src/store/scenario-file.ts';

const fixtures = fileURLToPath(new URL('../fixtures/contenders', import.meta.url));
const example = fileURLToPath(new URL('../../results/example/result.json', import.meta.url));

/** Of TuneD's variables, which are not TypeScript's. */
const DOLLAR = '$';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-contenders-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

const NOWHERE = { catalogue: CATALOGUE, tunedFolders: [] as string[] };

/** Of a good file: what is measured, under which name, and what is said about the rest. */
async function taken(file: string, where = NOWHERE) {
  const profile = await loadProfile(file, where);
  if (profile.state === 'invalid') throw new Error(formatProblems(profile.problems));
  const { name, configuration } = profile.contender;
  return { name, configuration, said: formatProblems(profile.warnings).replaceAll(`${folder}/`, '') };
}

/** Of a bad one: all that is wrong with it. */
async function wrong(file: string): Promise<string> {
  const profile = await loadProfile(file, NOWHERE);
  return profile.state === 'valid' ? '' : formatProblems(profile.problems).replaceAll(`${folder}/`, '');
}

describe('what is taken of a file', () => {
  it.each([
    [
      'sysctl.d',
      '90-sip.conf',
      '# ours\n; too\nnet.core.rmem_max = 8388608\n',
      { 'net.core.rmem_max': 8_388_608 },
    ],
    ['one that may fail', '90-sip.conf', '-net.core.rmem_max=8388608\n', { 'net.core.rmem_max': 8_388_608 }],
    ['slashes', '90-sip.conf', 'net/core/rmem_max = 8388608\r\n', { 'net.core.rmem_max': 8_388_608 }],
    [
      'the last of several',
      '90-sip.conf',
      'net.core.rmem_max=5000\nnet.core.rmem_max=6000',
      { 'net.core.rmem_max': 6_000 },
    ],
    [
      'a pattern, but for what is named or excluded',
      '90-sip.conf',
      'net.core.?mem_* = 5000\nnet.core.rmem_max = 6000\n-net.core.wmem_max\n',
      { 'net.core.rmem_default': 5_000, 'net.core.wmem_default': 5_000, 'net.core.rmem_max': 6_000 },
    ],
    [
      'no extension, sysctl',
      '90-sip',
      '\n# ours\nnet.core.rmem_max = 8388608',
      { 'net.core.rmem_max': 8_388_608 },
    ],
    [
      'shmall with shmmax',
      '90-sip.conf',
      'kernel.shmmax=68719476736\nkernel.shmall=16777216',
      { 'kernel.shmmax': 68_719_476_736 },
    ],
    ['no extension, TuneD', '90-sip', '# ours\n[net]\ntxqueuelen = 500\n', { txqueuelen: 500 }],
    [
      'no extension, JSON',
      '90-sip',
      '{\n\t"settings": {\n\t\t"txqueuelen": 500\n\t}\n}\n',
      { txqueuelen: 500 },
    ],
    [
      'JSON with more in it',
      '90-sip.json',
      '{"campaign":"x","settings":{"router.pkg":"8 MiB","kernel.shmmax":"ram/4","kernel.shmall":5}}',
      { 'router.pkg': 8, 'kernel.shmmax': 'ram/4' },
    ],
    [
      'limits',
      '90-sip.conf',
      '[sysctl]\nnet.core.rmem_max=>8388608\n[net]\ntxqueuelen=< 500',
      { 'net.core.rmem_max': '>8388608', txqueuelen: '<500' },
    ],
    [
      'what is set anew',
      '90-sip.conf',
      '[net]\ntxqueuelen=5\n[sysctl]\nnet.core.rmem_max=5000\n[net]\ntxqueuelen=6',
      { 'net.core.rmem_max': 5_000, txqueuelen: 6 },
    ],
  ])('%s', async (_title, name, text, configuration) => {
    expect(await taken(await written(name, text))).toEqual({ name: '90-sip', configuration, said: '' });
  });

  it('a JSON profile has the name that it says', async () => {
    const file = await written('a.json', '{"name":"mine","why":"because","settings":{"txqueuelen":5}}');
    expect((await taken(file)).name).toBe('mine');
  });

  it('a result is its winner: what that changed, under the name of its campaign', async () => {
    const { id, winner, baseline } = JSON.parse(await readFile(example, 'utf8'));
    const changed = Object.entries(winner.config).filter(([name, value]) => baseline.config[name] !== value);
    expect(changed.length).toBeGreaterThan(0);
    expect(await taken(example)).toEqual({ name: id, configuration: Object.fromEntries(changed), said: '' });
  });
});

describe('what is left out is named, with its place', () => {
  it.each([
    [
      'unknown keys, in one line',
      'vm.swappiness = 10\nnet.core.rmem_max = 5000\nnet.ipv4.tcp_rmem = 1 2 3\n',
      'a.conf:1:1: left out, for siptune never sets them: vm.swappiness, net.ipv4.tcp_rmem',
    ],
    [
      'one unknown key',
      'txqueuelen = 10\nnet.core.rmem_max=5000',
      'a.conf:1:1: left out, for siptune never sets it: txqueuelen',
    ],
    [
      'shmall alone',
      'net.core.rmem_max=5000\nkernel.shmall = 5',
      'a.conf:2:1: left out: kernel.shmall follows kernel.shmmax, which this file does not set',
    ],
    [
      'a set of characters',
      'net.core.rmem_max=5000\nnet.core.[rw]mem_max = 5',
      'a.conf:2:1: left out, for siptune never sets it: net.core.[rw]mem_max',
    ],
    [
      'an included profile that is not here',
      '[main]\ninclude=nobody\n[sysctl]\nnet.core.rmem_max=5000',
      'a.conf:2:9: include: there is no profile "nobody" here, so what it sets is left out: looked for ',
    ],
    [
      'an include that depends on the machine',
      `[main]\ninclude=${DOLLAR}{f:virt_check:a:b}\n[sysctl]\nnet.core.rmem_max=5000`,
      `a.conf:2:9: include=${DOLLAR}{f:virt_check:a:b} is left out`,
    ],
    [
      'devices',
      '[net]\ndevices=eth7\ntxqueuelen=50',
      'a.conf:3:1: [net] txqueuelen: devices="eth7" is not heeded',
    ],
  ])('%s', async (_title, text, said) => {
    const result = await taken(await written('a.conf', text));
    expect(result.said.split('\n')).toEqual([expect.stringContaining(said)]);
  });

  it('of a TuneD profile and the one that it includes', async () => {
    const { name, configuration, said } = await taken(join(fixtures, 'tuned/sip-bursts/tuned.conf'));
    expect({ name, configuration }).toEqual({
      name: 'sip-bursts',
      configuration: {
        'net.core.netdev_max_backlog': '>5000',
        'net.core.rmem_max': 8_388_608,
        'net.core.wmem_max': '<1048576',
        txqueuelen: 2_000,
      },
    });
    expect(said.replaceAll(`${fixtures}/tuned/`, '').split('\n')).toEqual([
      expect.stringMatching(
        /^sip-bursts\/tuned\.conf:12:1: net\.ipv4\.tcp_max_syn_backlog is left out: "\$\{f:exec:/,
      ),
      expect.stringMatching(
        /^sip-bursts\/tuned\.conf:13:1: net\.core\.rmem_default is left out: "\$\{per_core\}"/,
      ),
      'sip-bursts/tuned.conf:18:1: net.core.wmem_default is left out: it holds only for machines with uname_regex="aarch64"',
      'sip-base/tuned.conf:12:1: left out, for siptune never sets them: [cpu], [vm.arm], net.ipv4.tcp_rmem, vm.swappiness',
      'sip-bursts/tuned.conf:7:1: left out, for siptune never sets it: [net] mtu',
    ]);
  });
});

describe('profiles of TuneD that include others', () => {
  const KNOWN = '[sysctl]\nnet.core.rmem_max=5000\n';
  it.each([
    ['a loop ends', '[main]\ninclude=b\n', `[main]\ninclude=a\n${KNOWN}`, { 'net.core.rmem_max': 5_000 }],
    [
      'replaced',
      '[main]\ninclude=b\n[sysctl]\nreplace=1\nnet.core.wmem_max=6000\n',
      KNOWN,
      { 'net.core.wmem_max': 6_000 },
    ],
    [
      'dropped',
      '[main]\ninclude=b\n[sysctl]\ndrop=net.core.rmem_max\nnet.core.wmem_max=6000\n',
      KNOWN,
      { 'net.core.wmem_max': 6_000 },
    ],
    [
      'switched off',
      '[main]\ninclude=b\n[sysctl]\nenabled=false\n[net]\ntxqueuelen=6\n',
      KNOWN,
      { txqueuelen: 6 },
    ],
    [
      'variables of both',
      '[main]\ninclude=b\n[variables]\nx=60\n',
      `[variables]\nx=5\ny=${DOLLAR}{x}0\n[net]\ntxqueuelen=${DOLLAR}{y}`,
      { txqueuelen: 600 },
    ],
  ])('%s', async (title, outer, inner, configuration) => {
    const home = title.replaceAll(' ', '-');
    const file = await written(`${home}/a/tuned.conf`, outer);
    await written(`lib/${home}/b/tuned.conf`, inner);
    const where = { catalogue: CATALOGUE, tunedFolders: [join(folder, 'none'), join(folder, 'lib', home)] };
    expect(await taken(file, where)).toEqual({ name: 'a', configuration, said: '' });
  });
});

describe('what is wrong is said with its place', () => {
  it.each([
    [
      'a unit',
      'a.conf',
      'net.core.rmem_max = 8 MiB',
      'a.conf:1:21: net.core.rmem_max: "8 MiB" is not a plain whole number',
    ],
    [
      'an octal number',
      'a.conf',
      ' net.core.rmem_max=010',
      'a.conf:1:20: net.core.rmem_max: "010" is not a plain whole number',
    ],
    [
      'three numbers',
      'a.conf',
      '[sysctl]\nnet.core.rmem_max="1 2 3"',
      'a.conf:2:19: net.core.rmem_max: "1 2 3" is not a plain whole number',
    ],
    ['nothing', 'a.conf', 'net.core.rmem_max =', 'a.conf:1:20: net.core.rmem_max: is empty'],
    [
      'a limit in sysctl.d',
      'a.conf',
      'net.core.rmem_max = >5000',
      'a.conf:1:21: net.core.rmem_max: ">5000" is not a plain',
    ],
    [
      'out of bounds',
      'a.conf',
      'net.core.rmem_max = 1',
      'a.conf:1:21: net.core.rmem_max: "1" is outside the hard bounds of net.core.rmem_max',
    ],
    [
      'a limit out of bounds',
      'a.conf',
      '[net]\ntxqueuelen=>999999',
      'a.conf:2:12: [net] txqueuelen: "999999" is outside the hard bounds',
    ],
    [
      'too large',
      'a.conf',
      'kernel.shmmax = 18446744073692774399',
      'a.conf:1:17: kernel.shmmax: "18446744073692774399" is not a whole number of bytes within 2^53',
    ],
    [
      'no key = value',
      'a.conf',
      'net.core.rmem_max = 5000\nnet.core.wmem_max 5000',
      'a.conf:2:1: "net.core.wmem_max 5000" is not a line of key = value',
    ],
    [
      'no section',
      'a.conf',
      '[sysctl]\nx=1\nwhat\n',
      'a.conf:3:1: "what" is neither a [section] nor a line of key = value',
    ],
    [
      'nothing of ours',
      'a.conf',
      'vm.swappiness = 10',
      'a.conf:1:1: sets nothing that siptune could measure: of such a file it takes net.core.rmem_default',
    ],
    ['nothing at all', 'a.conf', '', 'a.conf:1:1: sets nothing that siptune could measure'],
    [
      'an unknown knob',
      'a.json',
      '{\n  "settings": { "net.core.rmem_mx": 5 }\n}',
      'a.json:2:17: settings: "net.core.rmem_mx" is not a knob in the catalogue; did you mean "net.core.rmem_max"?',
    ],
    [
      'a value',
      'a.json',
      '{"settings": {"txqueuelen": "many"}}',
      'a.json:1:29: settings.txqueuelen: "many" is not a number of packets',
    ],
    [
      'a name',
      'a.json',
      '{"name": "a/b", "settings": {"txqueuelen": 5}}',
      'a.json:1:10: name: "a/b" is not a name',
    ],
    ['no settings', 'a.json', '{"name": "a"}', 'settings: must be a mapping of knobs to values'],
    ['no object', 'a.json', '[1]', 'a.json:1:1: must be an object with settings, or a result.json'],
    ['half a file', 'a.json', '{"settings": {', 'a.json:1:'],
    [
      'a campaign without a winner',
      'result.json',
      '{"verdict": "not-proven", "winner": null}',
      'result.json:1:37: this campaign has no winner (its verdict is not-proven)',
    ],
    [
      'a winner with a foreign knob',
      'result.json',
      '{"verdict": "improved", "winner": {"config": {"x.y": 5}}}',
      'result.json:1:47: winner.config: "x.y" is not a knob in the catalogue',
    ],
  ])('%s', async (_title, name, text, message) => {
    const file = await written(name, text);
    expect(await wrong(file)).toContain(message);
    await rm(file);
  });
});

describe('contenders of the command line', () => {
  const SCENARIO = 'name: a\ntarget: { sim: article }\nobjective: { maximise: burst }\n';

  async function load(contenders: string, ...given: readonly string[]) {
    const scenario = await written('scenario.yaml', `${SCENARIO}contenders: ${contenders}\n`);
    const loaded = await loadScenario(scenario, CATALOGUE, { given, tunedFolders: [] });
    if (loaded.state === 'invalid') return { names: [], said: formatProblems(loaded.problems) };
    const names = loaded.scenario.contenders.map(({ name }) => name);
    return { names, said: formatProblems(loaded.warnings), scenario: loaded.scenario };
  }

  it('stand behind those of the scenario: a name, and files of any kind', async () => {
    const sysctl = await written('90-sip.conf', 'net.core.rmem_max=5000\n');
    const { names, said } = await load('[article]', 'short-queue', sysctl, example);
    const { id } = JSON.parse(await readFile(example, 'utf8'));
    expect(names).toEqual(['article', 'short-queue', '90-sip', id]);
    expect(said).toBe('');
  });

  it('are told apart where two have one name, also that of today', async () => {
    const [a, b, c] = [
      await written('a/sip.conf', 'net.core.rmem_max=5000'),
      await written('b/sip.conf', 'net.core.rmem_max=6000'),
      await written('current.conf', 'net.core.rmem_max=7000'),
    ];
    const { names, said } = await load(`[${a}]`, b, c);
    expect(names).toEqual(['sip', 'sip-2', 'current-2']);
    expect(said).toContain(`${b}:1:1: the name "sip" is taken: this contender is called "sip-2"`);
  });

  it('take part once, though the scenario names them, too', async () => {
    const { names, said } = await load(
      '[article]',
      'article',
      relative(process.cwd(), join(fixtures, 'tuned/sip-base/tuned.conf')),
    );
    expect(names).toEqual(['article', 'sip-base']);
    expect(said).toContain('article:1:1: --contender: it takes part already, as "article"');
  });

  it('that are not there are told of with all else that is wrong', async () => {
    const { said } = await load('[nobody]', 'nothing', join(folder, 'no/such.conf'), folder);
    expect(said.split('\n')).toEqual([
      expect.stringContaining('contenders[0]: there is no profile "nobody"'),
      expect.stringContaining('nothing:1:1: --contender: there is no profile "nothing": looked for '),
      expect.stringContaining(`${folder}/no/such.conf:1:1: --contender: there is no profile`),
      expect.stringContaining(`${folder}:1:1: the file is a directory`),
    ]);
  });

  it('survive in the scenario as resolved, for a campaign that is resumed without those files', async () => {
    const tuned = join(fixtures, 'tuned/sip-bursts/tuned.conf');
    const { scenario } = await load('[article]', tuned);
    if (scenario === undefined) throw new Error('invalid');
    await writeScenario(folder, scenario);
    expect((await readScenario(folder)).contenders).toEqual(scenario.contenders);
  });
});
