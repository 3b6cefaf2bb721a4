// Campaigns on disk: found by what people call them, and never trusted blindly.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { EXPORTERS } from '../../src/export/index.ts';
import { profileOf } from '../../src/export/profile.ts';
import { compareCampaigns } from '../../src/report/compare.ts';
import { renderComparison } from '../../src/report/compare-report.ts';
import { renderReport } from '../../src/report/terminal-report.ts';
import type { Result } from '../../src/store/result.ts';
import {
  createCampaignDir,
  findCampaigns,
  readResult,
  resolveCampaign,
  writeResult,
} from '../../src/store/result-store.ts';
import { HOSTILE, IMPROVED_ID, improved, resultText, second } from '../support/results.ts';
import { tempDir } from '../support/temp-dir.ts';

const STYLE = { color: false, columns: 80 };

/** Everything that is done with a result; only a UserError may come of it. */
function useAll(result: Result): void {
  renderReport(result, STYLE);
  renderComparison(compareCampaigns([result, improved]), STYLE);
  try {
    const profile = profileOf(result);
    for (const exporter of EXPORTERS) exporter.files(profile);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

async function stored(text: string | Buffer) {
  const dir = await tempDir();
  await writeFile(join(dir, 'result.json'), text);
  return readResult(dir);
}

describe('reading', () => {
  test('where the CPUs are full is read, and results that do not say it are, too', async () => {
    const cpuBound = { cpuMsPerCall: 0.241, fullAtCps: 4_150, capacityShare: null };
    for (const known of [cpuBound, null]) {
      const dir = await tempDir();
      const result = {
        ...improved,
        baseline: improved.baseline && { ...improved.baseline, cpuBound: known },
      };
      await writeResult(dir, result);
      expect(await readResult(dir)).toEqual({ state: 'found', result });
    }
    expect(improved.baseline).not.toHaveProperty('cpuBound');
  });

  test('what was written is read', async () => {
    const dir = await tempDir();
    await writeResult(dir, improved);
    expect(await readResult(dir)).toEqual({ state: 'found', result: improved });
    expect(await readdir(dir)).toEqual(['result.json']);
  });

  test.each([
    ['', 'is not whole JSON'],
    [resultText(IMPROVED_ID).slice(0, 1_000), 'is not whole JSON'],
    ['null', 'no schema that siptune writes'],
    ['7', 'no schema that siptune writes'],
    ['{"name":"somebody-else","version":"1.0.0"}', 'no schema that siptune writes'],
    ['{"schema":2}', 'has schema 2; this siptune reads schema 1'],
    [`{"schema":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'no schema that siptune writes'],
    [JSON.stringify({ ...improved, seed: 'seven' }), 'seed: '],
    [JSON.stringify({ ...improved, samples: { toString: [] } }), 'samples.toString: '],
  ])('a bad file is named with what is wrong (%#)', async (text, why) => {
    expect(await stored(text)).toEqual({ state: 'unreadable', why: expect.stringContaining(why) });
  });

  test('a folder without a result: unfinished with a journal, not a campaign without one', async () => {
    const dir = await tempDir();
    expect(await readResult(dir)).toMatchObject({ state: 'unreadable', why: /neither/ });
    await writeFile(join(dir, 'journal.jsonl'), '');
    expect(await readResult(dir)).toMatchObject({ state: 'unfinished', why: /still runs, or it was killed/ });
  });

  test('a result that may not be read is not taken for one that is not there', async () => {
    const dir = await tempDir();
    await mkdir(join(dir, 'result.json'));
    expect(await readResult(dir)).toMatchObject({ state: 'unreadable', why: /EISDIR/ });
  });

  test('cut off anywhere: unreadable, or whole', async () => {
    const text = resultText(IMPROVED_ID);
    const dir = await tempDir();
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length), async (length) => {
        await writeFile(join(dir, 'result.json'), text.slice(0, length));
        const whole = length >= text.trimEnd().length;
        expect((await readResult(dir)).state).toBe(whole ? 'found' : 'unreadable');
      }),
    );
  });

  test('with any bytes changed: unreadable, or a result that every command can use', async () => {
    const bytes = Buffer.from(resultText(IMPROVED_ID));
    const dir = await tempDir();
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(changes, async (flips) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of flips) damaged[at] = value;
        await writeFile(join(dir, 'result.json'), damaged);
        const read = await readResult(dir);
        if (read.state === 'found') useAll(read.result);
      }),
      { numRuns: 300 },
    );
  });

  test('with any value replaced by any other of its vocabulary: the same', async () => {
    const dir = await tempDir();
    const words = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        true,
        0,
        -1,
        1e308,
        '',
        [],
        {},
        HOSTILE,
        'burstCalls',
        'improved',
        'opensips',
      ),
      fc
        .constantFrom('net.core.rmem_max', 'constructor', '__proto__')
        .chain((key) =>
          fc.constantFrom<unknown>(1, '$(id)', null).map((value) => Object.fromEntries([[key, value]])),
        ),
      fc.jsonValue(),
      fc.double(),
    );
    const paths = pathsOf(improved);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(paths.length - 1), words), { minLength: 1, maxLength: 3 }),
        async (changes) => {
          const changed = structuredClone(improved);
          for (const [index, value] of changes) put(changed, paths[index] ?? [], structuredClone(value));
          await writeFile(join(dir, 'result.json'), JSON.stringify(changed));
          const read = await readResult(dir);
          if (read.state === 'found') useAll(read.result);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Paths of every value in a JSON value. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

function put(root: object, path: readonly string[], value: unknown): void {
  let at: unknown = root;
  for (const key of path.slice(0, -1)) at = (at as Record<string, unknown> | null)?.[key];
  if (typeof at === 'object' && at !== null) (at as Record<string, unknown>)[path.at(-1) ?? ''] = value;
}

describe('writing', () => {
  test('a result that cannot be written is told with status 3, and leaves no half of one', async () => {
    const dir = await tempDir();
    await mkdir(join(dir, 'result.json'));
    await expect(writeResult(dir, improved)).rejects.toMatchObject({
      name: 'UserError',
      exitStatus: 3,
      message: expect.stringContaining('journal.jsonl'),
    });
    expect(await readdir(dir)).toEqual(['result.json']);
  });

  test('campaigns of one minute get folders of their own', async () => {
    const out = join(await tempDir(), 'new');
    const startedAt = new Date('2026-11-25T17:00:59Z');
    const ids = [];
    for (const name of ['Lab: Kamailio/1', 'lab-kamailio-1', '../..'])
      ids.push((await createCampaignDir(out, name, startedAt)).id);
    expect(ids).toEqual([
      '2026-11-25T1700-lab-kamailio-1',
      '2026-11-25T1700-lab-kamailio-1-2',
      '2026-11-25T1700-campaign',
    ]);
    expect((await readdir(out)).length).toBe(3);
  });

  test('a results folder that cannot be made is told with status 2, as what was typed is wrong', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'file'), '');
    await expect(createCampaignDir(join(dir, 'file'), 'x', new Date())).rejects.toMatchObject({
      name: 'UserError',
      exitStatus: 2,
    });
  });
});

describe('which campaign is meant', () => {
  /** Campaigns that are running, by ID; with a scenario: finished ones. */
  async function resultsWith(campaigns: Readonly<Record<string, string | null>>): Promise<string> {
    const out = await tempDir();
    for (const [id, scenario] of Object.entries(campaigns)) {
      await mkdir(join(out, id));
      await writeFile(join(out, id, 'journal.jsonl'), '');
      if (scenario !== null) await writeResult(join(out, id), { ...second, id, scenario });
    }
    return out;
  }
  const chosen = async (out: string, wanted?: string) => (await resolveCampaign(out, wanted)).id;

  test('the latest, when nothing is named', async () => {
    const out = await resultsWith({
      '2026-11-25T1832-a-2': null,
      '2026-11-25T1832-a-10': null,
      '2026-11-25T1832-a': null,
      '2025-12-31T2359-z': null,
    });
    await mkdir(join(out, 'notes'));
    expect((await findCampaigns(out)).map(({ id }) => id)).toEqual([
      '2025-12-31T2359-z',
      '2026-11-25T1832-a',
      '2026-11-25T1832-a-2',
      '2026-11-25T1832-a-10',
      'notes',
    ]);
    expect(await chosen(out)).toBe('2026-11-25T1832-a-10');
    expect(await chosen(out, 'latest')).toBe('2026-11-25T1832-a-10');
  });

  test('the latest of a scenario, by its name', async () => {
    const out = await resultsWith({
      '2026-11-25T1700-lab': 'lab',
      '2026-11-25T1701-lab-kamailio': 'Lab Kamailio',
      '2026-11-25T1701-lab-kamailio-2': 'Lab Kamailio',
      '2026-11-25T1702-lab-2': 'lab 2',
    });
    expect(await chosen(out, 'lab')).toBe('2026-11-25T1700-lab');
    expect(await chosen(out, 'lab-kamailio')).toBe('2026-11-25T1701-lab-kamailio-2');
    expect(await chosen(out, 'Lab Kamailio')).toBe('2026-11-25T1701-lab-kamailio-2');
    expect(await chosen(out, 'lab-2')).toBe('2026-11-25T1702-lab-2');
  });

  test('also while it runs', async () => {
    const out = await resultsWith({ '2026-11-25T1700-lab': 'lab', '2026-11-25T1800-lab': null });
    expect(await chosen(out, 'lab')).toBe('2026-11-25T1800-lab');
  });

  test('by the beginning of an ID, where one has it', async () => {
    const out = await resultsWith({ '2026-11-25T1700-a': null, '2026-11-25T1832-a': null });
    expect(await chosen(out, '2026-11-25T18')).toBe('2026-11-25T1832-a');
    await expect(chosen(out, '2026')).rejects.toThrow(
      '"2026" could be 2026-11-25T1700-a, 2026-11-25T1832-a: give more of the ID',
    );
    for (const wrong of ['', '2027', 'b', `../${HOSTILE}`])
      await expect(chosen(out, wrong)).rejects.toMatchObject({
        name: 'UserError',
        message: expect.stringMatching(/^there is no campaign "[ -~]*" in .*siptune list/),
      });
  });

  test('by its folder, or a file in it, wherever that is', async () => {
    const out = await resultsWith({ '2026-11-25T1700-a': 'a' });
    const dir = join(out, '2026-11-25T1700-a');
    for (const path of [dir, `${dir}/`, join(dir, 'result.json'), join(dir, 'journal.jsonl')])
      expect(await resolveCampaign(join(out, 'elsewhere'), path)).toEqual({ id: '2026-11-25T1700-a', dir });
  });

  test('none at all', async () => {
    const out = await tempDir();
    await expect(chosen(out)).rejects.toThrow(/there are no campaigns in/);
    await expect(chosen(join(out, 'missing'))).rejects.toThrow(/there are no campaigns in/);
    await writeFile(join(out, 'file'), '');
    await expect(chosen(join(out, 'file'))).rejects.toMatchObject({ name: 'UserError', message: /ENOTDIR/ });
    expect(await readFile(join(out, 'file'), 'utf8')).toBe('');
  });
});
