// The journal on disk: what was appended is read, what a crash cut off does no harm, and whose file it is matters.
import {
  appendFile,
  chmod,
  chown,
  mkdtemp,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/campaign/events.ts';
import { undoOf } from '../../src/campaign/undo.ts';
import { UserError } from '../../src/errors.ts';
import { openJournal, readJournal } from '../../src/store/journal.ts';
import { createFakeClock } from '../support/fake-clock.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const original = (knob: string, raw: string): NewEvent => ({
  type: 'original',
  knob,
  raw,
  target: { via: 'sysctl', key: knob, netns: undefined },
});

async function append(...events: readonly NewEvent[]): Promise<void> {
  const journal = await openJournal(path, createFakeClock());
  for (const event of events) await journal.append(event);
  await journal.close();
}

test('what was appended is read back, in order, with nothing added', async () => {
  const events: NewEvent[] = [
    original('net.core.rmem_max', '212992'),
    { type: 'warning', message: 'line\u2028two\n","crc":"00000000"}' },
  ];
  await append(...events);
  const { events: read, torn, damaged } = await readJournal(path);
  expect({ torn, damaged }).toEqual({ torn: false, damaged: [] });
  expect(read).toEqual(events.map((event) => ({ at: expect.any(String), ...event })));
});

test('a journal from before other machines were known is whole, and is this machine’s', async () => {
  await append({ type: 'armed', periodMs: 60_000, by: 'setsid', state: '/var/lib/siptune' });
  await append(original('net.core.rmem_max', '212992'));
  const { events, damaged } = await readJournal(path);
  expect(damaged).toEqual([]);
  expect(undoOf(events, damaged)).toMatchObject({
    remote: undefined,
    lost: [],
    originals: [{ raw: '212992' }],
  });
});

test('a line that a crash cut off is left out, and does not swallow what is appended after it', async () => {
  await append(original('net.core.rmem_max', '212992'), original('net.core.wmem_max', '212992'));
  await truncate(path, (await readFile(path)).length - 20);
  expect(await readJournal(path)).toMatchObject({ torn: true, damaged: [], events: [{ type: 'original' }] });
  await append({ type: 'restored', complete: true, failures: [] });
  const { events, torn, damaged } = await readJournal(path);
  expect({ torn, damaged }).toEqual({ torn: false, damaged: [] });
  expect(events.map(({ type }) => type)).toEqual(['original', 'restored']);
});

test('a journal that is nothing but a torn line begins anew', async () => {
  await writeFile(path, `{"at":"2026-${'x'.repeat(200_000)}`);
  await append(original('net.core.rmem_max', '212992'));
  expect(await readJournal(path)).toMatchObject({ torn: false, damaged: [], events: [{ type: 'original' }] });
});

test('one changed digit of an original is seen, named by its line, and not put back', async () => {
  await append(original('net.core.rmem_max', '212992'), original('net.core.wmem_max', '212992'));
  await writeFile(path, (await readFile(path, 'utf8')).replace('212992', '212892'));
  const { events, damaged } = await readJournal(path);
  expect(damaged).toMatchObject([{ line: 1, reason: expect.stringContaining('checksum') }]);
  const undo = undoOf(events, damaged);
  expect(undo?.originals.map(({ knob }) => knob)).toEqual(['net.core.wmem_max']);
  expect(undo?.lost).toEqual([expect.stringContaining('line 1 of the journal is damaged')]);
});

test('a line without a checksum among lines that have one is not siptune’s', async () => {
  await append(original('net.core.rmem_max', '212992'));
  const forged = { at: '2026-01-01T00:00:00.000Z', ...original('net.core.wmem_max', '1') };
  await appendFile(path, `${JSON.stringify(forged)}\n`);
  const { events, damaged } = await readJournal(path);
  expect(events).toHaveLength(1);
  expect(damaged).toMatchObject([{ line: 2, reason: 'original without its checksum' }]);
});

test('a knob that was changed and whose original is gone is named', async () => {
  const target = { via: 'sysctl', key: 'net.core.rmem_max', netns: undefined } as const;
  await append(
    original('net.core.wmem_max', '212992'),
    { type: 'originals-complete' },
    { type: 'write', knob: 'net.core.rmem_max', target, raw: '8388608', reason: 'search' },
  );
  const { events, damaged } = await readJournal(path);
  expect(undoOf(events, damaged)?.lost).toEqual([
    'net.core.rmem_max was changed, and its original value is not in the journal',
  ]);
});

test('an original that went missing is missed, also where no write tells of it', async () => {
  await append(original('net.core.wmem_max', '212992'), { type: 'originals-complete', count: 2 });
  const { events, damaged } = await readJournal(path);
  expect(undoOf(events, damaged)?.lost).toEqual([
    'of 2 original values that were recorded, 1 are in the journal',
  ]);
});

describe('whose file it is', () => {
  beforeEach(() => append(original('net.core.rmem_max', '212992')));
  const distrust = async () => (await readJournal(path)).distrust;

  test('a journal of this user, or of root, is trusted', async () => {
    expect(await distrust()).toBeNull();
  });

  test('one that others can write is not, and the way out is said', async () => {
    await chmod(path, 0o666);
    expect(await distrust()).toMatch(/may be written by others.*chmod go-w/);
  });

  test.skipIf(process.getuid?.() !== 0)('one of another user is not', async () => {
    await chown(path, 65_534, 65_534);
    expect(await distrust()).toMatch(/belongs to user 65534/);
  });

  test('a link, a folder and a device are no journals, and none makes it wait', async () => {
    const link = join(folder, 'link');
    await symlink(path, link);
    for (const odd of [link, folder, '/dev/zero', join(folder, 'none')])
      await expect(readJournal(odd)).rejects.toThrow(UserError);
  });
});
