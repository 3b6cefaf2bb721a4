// The journal: on disk before the campaign goes on, readable whatever happened to it.
import { appendFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { NewEvent } from '../../src/campaign/events.ts';
import { renderReport } from '../../src/report/terminal-report.ts';
import { openJournal, readJournal } from '../../src/store/journal.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { improved, journalText } from '../support/results.ts';
import { tempDir } from '../support/temp-dir.ts';

const warning = (message: string): NewEvent => ({ type: 'warning', message });

test('what was appended is read, in order, with its time', async () => {
  const path = join(await tempDir(), 'journal.jsonl');
  const clock = createFakeClock('2026-11-25T17:00:00Z');
  const journal = await openJournal(path, clock);
  await journal.append(warning('a "quoted"\nline'));
  clock.advance(1_500);
  await Promise.all([journal.append({ type: 'lab-up' }), journal.append(warning('c'))]);
  await journal.close();
  expect(await readJournal(path)).toEqual({
    events: [
      { at: '2026-11-25T17:00:00.000Z', type: 'warning', message: 'a "quoted"\nline' },
      { at: '2026-11-25T17:00:01.500Z', type: 'lab-up' },
      { at: '2026-11-25T17:00:01.500Z', type: 'warning', message: 'c' },
    ],
    torn: false,
    damaged: [],
  });
});

test('an append resolves only after its line was synced, and the next is written after that', async () => {
  const dir = await tempDir();
  const steps: string[] = [];
  const probe = await open(join(dir, 'probe'), 'w');
  const fileHandle = Object.getPrototypeOf(probe);
  await probe.close();
  const { appendFile: write, datasync } = fileHandle;
  vi.spyOn(fileHandle, 'appendFile').mockImplementation(async function (this: unknown, line: unknown) {
    await write.call(this, line);
    steps.push(`written ${JSON.parse(String(line)).message}`);
  });
  vi.spyOn(fileHandle, 'datasync').mockImplementation(async function (this: unknown) {
    await datasync.call(this);
    steps.push('synced');
  });
  try {
    const journal = await openJournal(join(dir, 'journal.jsonl'), createFakeClock());
    await Promise.all(
      ['a', 'b'].map((message) => journal.append(warning(message)).then(() => steps.push(`done ${message}`))),
    );
    await journal.close();
  } finally {
    vi.restoreAllMocks();
  }
  expect(steps.filter((step) => !step.startsWith('done'))).toEqual([
    'written a',
    'synced',
    'written b',
    'synced',
  ]);
  expect(steps.indexOf('done a')).toBeGreaterThan(steps.indexOf('synced'));
  expect(steps.at(-1)).toBe('done b');
});

test('a last line that was cut off is reported, and costs nothing before it', async () => {
  const path = join(await tempDir(), 'journal.jsonl');
  await writeFile(path, '{"at":"x","type":"lab-up"}\n{"at":"x","type":"rest');
  expect(await readJournal(path)).toMatchObject({ events: [{ type: 'lab-up' }], torn: true, damaged: [] });
});

test('a journal that was cut off is continued on a line of its own', async () => {
  const path = join(await tempDir(), 'journal.jsonl');
  await writeFile(path, '{"at":"x","type":"lab-up"}\n{"at":"x","type":"rest');
  const journal = await openJournal(path, createFakeClock());
  await journal.append({ type: 'restored', complete: true, failures: [] });
  await journal.close();
  const { events, torn, damaged } = await readJournal(path);
  expect(events.map(({ type }) => type)).toEqual(['lab-up', 'restored']);
  expect(torn).toBe(false);
  expect(damaged).toEqual([{ line: 2, reason: 'not JSON' }]);
});

test.each([
  ['rubbish \u001b[2J', 'not JSON'],
  ['null', 'not an event'],
  ['[1]', 'not an event'],
  ['{"type":7}', 'not an event'],
  ['{"type":"constructor"}', 'no event that this siptune knows: constructor'],
  ['{"type":"trial","trial":{}}', 'trial: trial.n: '],
  ['{"type":"original","knob":"a","raw":"1","target":{"via":"carrier pigeon"}}', 'original: target.via: '],
])('the damaged line %s is named by its number', async (line, reason) => {
  const path = join(await tempDir(), 'journal.jsonl');
  const good = '{"at":"x","type":"lab-up"}';
  await writeFile(path, `${good}\n${line}\n${good}\n`);
  const { events, damaged } = await readJournal(path);
  expect(events).toHaveLength(2);
  expect(damaged).toEqual([{ line: 2, reason: expect.stringContaining(reason) }]);
});

test('every event of a real campaign is one', async () => {
  const path = join(await tempDir(), 'journal.jsonl');
  await writeFile(path, journalText());
  expect(await readJournal(path)).toMatchObject({ torn: false, damaged: [] });
});

test('cut off anywhere or with any bytes changed, what is read is what can be reported', async () => {
  const path = join(await tempDir(), 'journal.jsonl');
  const bytes = Buffer.from(journalText().split('\n').slice(0, 60).join('\n'));
  const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length), flips, async (length, changes) => {
      const damaged = Buffer.from(bytes);
      for (const [at, value] of changes) damaged[at] = value;
      await writeFile(path, damaged.subarray(0, length));
      const { events } = await readJournal(path);
      expect(renderReport(improved, { color: false, columns: 80 }, events)).toContain('Improved');
    }),
    { numRuns: 150 },
  );
});

test('a journal that cannot be made or written is told with status 3: nothing may change unrecorded', async () => {
  const dir = await tempDir();
  await mkdir(join(dir, 'folder'));
  for (const path of [join(dir, 'missing', 'journal.jsonl'), join(dir, 'folder')])
    await expect(openJournal(path, createFakeClock())).rejects.toMatchObject({
      name: 'UserError',
      exitStatus: 3,
      message: expect.stringContaining('changes nothing that it cannot record'),
    });
});

test('after a write that failed half-way the next event has a line of its own', async () => {
  const dir = await tempDir();
  const path = join(dir, 'journal.jsonl');
  const probe = await open(join(dir, 'probe'), 'w');
  const fileHandle = Object.getPrototypeOf(probe);
  await probe.close();
  const journal = await openJournal(path, createFakeClock());
  vi.spyOn(fileHandle, 'appendFile').mockImplementationOnce(async (line: unknown) => {
    await appendFile(path, String(line).slice(0, 20));
    throw new Error('ENOSPC: no space left on device, write');
  });
  await expect(journal.append(warning('lost'))).rejects.toMatchObject({ name: 'UserError', exitStatus: 3 });
  vi.restoreAllMocks();
  await journal.append(warning('kept'));
  await journal.close();
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3);
  expect(await readJournal(path)).toMatchObject({ events: [{ message: 'kept' }], damaged: [{ line: 1 }] });
});

test('a journal that is not there is told', async () => {
  await expect(readJournal(join(await tempDir(), 'journal.jsonl'))).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('ENOENT'),
  });
});
