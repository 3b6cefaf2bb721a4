// list, report, compare and export as a user calls them, over a results folder with good and bad campaigns.
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/commands/program.ts';
import { writeResult } from '../../src/store/result-store.ts';
import { captureIo } from '../support/capture-io.ts';
import {
  aborted,
  HARMFUL,
  HOSTILE,
  IMPROVED_ID,
  improved,
  journalText,
  notProven,
  SECOND_ID,
  second,
} from '../support/results.ts';
import { tempDir } from '../support/temp-dir.ts';

async function results(): Promise<string> {
  const out = await tempDir();
  const stored = {
    [IMPROVED_ID]: improved,
    [SECOND_ID]: second,
    '2026-11-25T1900-quiet': { ...notProven, id: '2026-11-25T1900-quiet', scenario: 'quiet' },
    '2026-11-25T1930-broken': { ...aborted, id: '2026-11-25T1930-broken', scenario: 'broken' },
  };
  for (const [id, result] of Object.entries(stored)) {
    await mkdir(join(out, id));
    await writeResult(join(out, id), result);
  }
  await writeFile(join(out, IMPROVED_ID, 'journal.jsonl'), journalText());
  return out;
}

/** What the command line does with these arguments: status, or the error, and what was said. */
async function siptune(...args: readonly string[]) {
  const io = captureIo();
  let status: number | undefined;
  const program = createProgram('0', { writeOut: io.out, writeErr: io.err }, async ({ execute }) => {
    status = await execute(io);
  });
  try {
    await program.parseAsync(['node', 'siptune', ...args]);
    return { status, stdout: io.stdout(), stderr: io.stderr(), error: null };
  } catch (error) {
    const { name, message, exitStatus } = error as Error & { exitStatus?: number };
    return { status: exitStatus, stdout: io.stdout(), stderr: io.stderr(), error: `${name}: ${message}` };
  }
}

describe('list', () => {
  test('one line a campaign, oldest first, with what became of it', async () => {
    const { status, stdout } = await siptune('list', '--out', await results());
    expect(status).toBe(0);
    const rows = stdout.split('\n').filter((line) => line.includes('2026-'));
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(
      /1700-lab-kamailio +│ improved +│ kamailio 5\.6\.3 │ burst × 5\.58 \(4\.61 – 6\.75\)/,
    );
    expect(rows[3]).toMatch(/1930-broken +│ aborted, NOT restored/);
  });

  test('folders that are none, that run, and that were damaged are named', async () => {
    const out = await results();
    for (const id of ['2026-11-26T0800-runs', '2026-11-26T0900-torn', 'notes']) await mkdir(join(out, id));
    await writeFile(join(out, '2026-11-26T0800-runs', 'journal.jsonl'), '');
    await writeFile(join(out, '2026-11-26T0900-torn', 'result.json'), '{"schema": 1, "id": "2026');
    const { stdout } = await siptune('list', '--out', out, '--json');
    const rows: { id: string; state: string; why?: string }[] = JSON.parse(stdout);
    expect(rows.slice(4)).toEqual([
      { id: '2026-11-26T0800-runs', state: 'unfinished', why: expect.stringContaining('still runs') },
      { id: '2026-11-26T0900-torn', state: 'unreadable', why: expect.stringContaining('not whole JSON') },
      { id: 'notes', state: 'unreadable', why: expect.stringContaining('neither') },
    ]);
    expect((await siptune('list', '--out', out)).stdout).toContain('not whole JSON');
  });

  test('--json has the numbers', async () => {
    const { stdout } = await siptune('list', '--out', await results(), '--json');
    expect(JSON.parse(stdout)[0]).toEqual({
      id: IMPROVED_ID,
      state: 'improved',
      scenario: 'lab-kamailio',
      router: 'kamailio 5.6.3',
      metric: 'burstCalls',
      ratio: improved.comparison?.ratio,
      restored: true,
    });
  });

  test('no campaigns', async () => {
    const out = join(await tempDir(), 'none');
    expect(await siptune('list', '--out', out)).toMatchObject({
      status: 0,
      stdout: `No campaigns in ${out}.\n`,
    });
    expect((await siptune('list', '--out', out, '--json')).stdout).toBe('[]\n');
  });

  test('hostile folder names are harmless', async () => {
    const out = await tempDir();
    await mkdir(join(out, HOSTILE.replaceAll('/', '')));
    expect((await siptune('list', '--out', out)).stdout).not.toMatch(HARMFUL);
  });
});

describe('report', () => {
  test('the latest of a scenario, by its name', async () => {
    const { status, stdout, stderr } = await siptune('report', 'lab-kamailio', '--out', await results());
    expect(status).toBe(0);
    expect(stdout).toContain(SECOND_ID);
    expect(stderr).toMatch(/^note: .*journal\.jsonl cannot be read/);
  });

  test('--json is the result as it was stored', async () => {
    const { stdout, stderr } = await siptune('report', IMPROVED_ID, '--out', await results(), '--json');
    expect(JSON.parse(stdout)).toEqual(improved);
    expect(stderr).toBe('');
  });

  test('a damaged journal makes it poorer, and is said', async () => {
    const out = await results();
    const lines = journalText().split('\n');
    lines[3] = '{"type":"trial"}';
    await writeFile(join(out, IMPROVED_ID, 'journal.jsonl'), lines.join('\n').slice(0, -20));
    const { status, stdout, stderr } = await siptune('report', IMPROVED_ID, '--out', out);
    expect({ status, complete: stdout.includes('What gave way') }).toEqual({ status: 0, complete: true });
    expect(stderr).toBe(
      'note: the last line of the journal was cut off: it is left out\n' +
        'note: 1 damaged in the journal and left out, the first in line 4: trial without its time\n',
    );
  });

  test.each(['', '{"schema":1}', '{"schema":9}', 'null'])('a bad result %j is one message', async (text) => {
    const out = await results();
    await writeFile(join(out, IMPROVED_ID, 'result.json'), text);
    const { status, stdout, error } = await siptune('report', IMPROVED_ID, '--out', out);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(error).toMatch(
      /^UserError: campaign 2026-11-25T1700-lab-kamailio has no result that can be read: /,
    );
  });

  test('--figure writes a picture, or says why not', async () => {
    const out = await results();
    const figure = join(out, 'figure.svg');
    expect(await siptune('report', IMPROVED_ID, '--out', out, '--figure', figure)).toMatchObject({
      status: 0,
      stderr: `wrote ${figure}\n`,
    });
    expect(await readFile(figure, 'utf8')).toMatch(/^<svg /);
    const { status, error } = await siptune('report', IMPROVED_ID, '--out', out, '--figure', out);
    expect({ status, error }).toEqual({
      status: 2,
      error: expect.stringMatching(/figure .* cannot be written: it is a folder \(EISDIR\)\. Name a file/),
    });
  });
});

describe('compare', () => {
  test('two campaigns, and --json', async () => {
    const out = await results();
    const { status, stdout } = await siptune('compare', '2026-11-25T17', '2026-11-25T18', '--out', out);
    expect(status).toBe(0);
    expect(stdout).toContain('no difference beyond noise');
    const json = JSON.parse(
      (await siptune('compare', '2026-11-25T17', '2026-11-25T18', '--out', out, '--json')).stdout,
    );
    expect(Object.keys(json)).toEqual(['sides', 'notComparable', 'settings', 'metrics']);
    expect(json.settings).toContainEqual({ knob: 'router.workers', values: [4, 2] });
    expect(json.metrics[0]).toMatchObject({
      metric: 'burstCalls',
      values: [
        { basis: 'proof', measurements: 4, interval: { estimate: expect.any(Number) } },
        { basis: 'proof' },
      ],
      differences: [{ sides: [0, 1], judgement: 'within-noise' }],
    });
  });

  test('one is not enough', async () => {
    expect(await siptune('compare', 'lab-kamailio', '--out', await results())).toMatchObject({
      status: 2,
      error: expect.stringContaining('two campaigns or more'),
    });
  });
});

describe('export', () => {
  const NAMES = ['90-siptune.conf', 'kamailio-globals.cfg', 'kamailio.default', 'siptune-profile.sh'];

  test('all formats into a new folder', async () => {
    const out = await results();
    const dir = join(out, 'a', 'profile');
    const { status, stdout } = await siptune('export', IMPROVED_ID, '--results', out, '--out', dir);
    expect(status).toBe(0);
    expect((await readdir(dir)).sort()).toEqual(NAMES);
    expect(stdout.trimEnd().split('\n').sort()).toEqual(NAMES.map((name) => join(dir, name)));
    expect((await stat(join(dir, 'siptune-profile.sh'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(dir, '90-siptune.conf'))).mode & 0o777).toBe(0o644);
  });

  test.each([
    [['--format', 'sysctl.d'], ['90-siptune.conf']],
    [
      ['--format', 'shell,sysctl.d'],
      ['90-siptune.conf', 'siptune-profile.sh'],
    ],
    [['--format', 'shell', '--format', 'shell'], ['siptune-profile.sh']],
    [['--format', 'all'], NAMES],
  ])('%j, before the campaign’s name or after it', async (format, names) => {
    const out = await results();
    const before = join(out, 'before');
    const after = join(out, 'after');
    await siptune('export', ...format, IMPROVED_ID, '--results', out, '--out', before);
    await siptune('export', IMPROVED_ID, '--results', out, '--out', after, ...format);
    for (const dir of [before, after]) expect((await readdir(dir)).sort()).toEqual(names);
  });

  test('a format that is none', async () => {
    const { error, stderr } = await siptune('export', '--format', 'ansible', '--results', await results());
    expect(error).toMatch(/^CommanderError/);
    expect(stderr).toContain(
      'There is no format "ansible"; there are sysctl.d, shell, router-defaults, all.',
    );
  });

  test('"-" is stdout, and writes nothing', async () => {
    const out = await results();
    const to = ['--results', out, '--out', '-'];
    const one = await siptune('export', IMPROVED_ID, ...to, '--format', 'shell');
    expect(one.stdout).toMatch(/^#!\/bin\/sh\n/);
    const all = await siptune('export', IMPROVED_ID, ...to);
    expect(all.stdout.match(/^# =+ .* =+$/gm)).toHaveLength(4);
    const json = await siptune('export', IMPROVED_ID, ...to, '--json');
    expect(JSON.parse(json.stdout)[0]).toEqual({
      path: '90-siptune.conf',
      mode: 0o644,
      text: expect.any(String),
    });
    expect((await readdir(out)).filter((name) => !name.startsWith('2026'))).toEqual([]);
  });

  test('its own files are written again; somebody else’s never, and then none is', async () => {
    const out = await results();
    const dir = join(out, 'profile');
    const args = ['export', IMPROVED_ID, '--results', out, '--out', dir];
    await siptune(...args);
    expect(await siptune(...args)).toMatchObject({ status: 0 });
    await writeFile(join(dir, 'kamailio.default'), 'SHM_MEMORY=64\n');
    await writeFile(join(dir, '90-siptune.conf'), '# old, found and proven by siptune\n');
    expect(await siptune(...args)).toMatchObject({
      status: 2,
      error: expect.stringContaining('is not siptune'),
    });
    expect(await readFile(join(dir, 'kamailio.default'), 'utf8')).toBe('SHM_MEMORY=64\n');
    expect(await readFile(join(dir, '90-siptune.conf'), 'utf8')).toMatch(/^# old/);
    expect(await siptune(...args, '--force')).toMatchObject({ status: 0 });
    expect(await readFile(join(dir, 'kamailio.default'), 'utf8')).toContain('SHM_MEMORY=256\n');
  });

  test('one that cannot be written: none is', async () => {
    const out = await results();
    const dir = join(out, 'profile');
    // A folder in the last one's place is found only when it is renamed over.
    await mkdir(join(dir, 'kamailio-globals.cfg'), { recursive: true });
    const { status, error } = await siptune('export', IMPROVED_ID, '--results', out, '--out', dir, '--force');
    expect({ status, error }).toEqual({ status: 2, error: expect.stringContaining('cannot be written') });
    expect(await readdir(dir)).toEqual(['kamailio-globals.cfg']);
  });

  test('a link is replaced, and what it points to is not touched', async () => {
    const out = await results();
    const dir = join(out, 'profile');
    await mkdir(dir);
    await writeFile(join(out, 'precious'), 'found and proven by siptune\n');
    await symlink(join(out, 'precious'), join(dir, '90-siptune.conf'));
    await siptune('export', IMPROVED_ID, '--results', out, '--out', dir);
    expect(await readFile(join(out, 'precious'), 'utf8')).toBe('found and proven by siptune\n');
    expect(await readFile(join(dir, '90-siptune.conf'), 'utf8')).toContain('net.core.rmem_default');
  });

  test('a folder that is none', async () => {
    const out = await results();
    await writeFile(join(out, 'file'), '');
    for (const dir of [join(out, 'file'), join(out, 'file', 'below'), '/proc/siptune'])
      expect(await siptune('export', IMPROVED_ID, '--results', out, '--out', dir)).toMatchObject({
        status: 2,
        error: expect.stringMatching(/^UserError: the export to .* cannot be written: [^\n]+\. [A-Z]/),
      });
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written', async () => {
    const out = await results();
    await mkdir(join(out, 'locked'));
    await chmod(join(out, 'locked'), 0o500);
    expect(
      await siptune('export', IMPROVED_ID, '--results', out, '--out', join(out, 'locked')),
    ).toMatchObject({
      status: 2,
      error: expect.stringContaining('EACCES'),
    });
  });

  test('nothing proven: nothing to export, status 1', async () => {
    const out = await results();
    for (const name of ['quiet', 'broken'])
      expect(await siptune('export', name, '--results', out, '--out', join(out, 'x'))).toMatchObject({
        status: 1,
        stdout: '',
        error: expect.stringContaining('proved nothing'),
      });
    expect(await readdir(out)).not.toContain('x');
  });
});
