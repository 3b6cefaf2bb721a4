// Whatever stands in the file, siptune answers with a scenario or with problems that have a place; it never throws, and it
// writes nothing. Most of these are good scenarios with a few faults, so that what is checked last is reached as well.

import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatProblems, loadScenario } from '../../src/scenario/load-scenario.ts';
import { LONG_TESTS } from '../support/long-tests.ts';
import { FAULTS, goodProfile, goodScenario, withFaults } from './scenario-arbitraries.ts';
import { SMALL_CATALOGUE } from './small-catalogue.ts';
import { damagedText, odd, yamlTricks } from './text-arbitraries.ts';

/** But for the end of a line. */
const CONTROL = /(?!\n)[\p{Cc}\u202a-\u202e]/u;
const TIMEOUT_MS = 240_000;

let folder = '';
let path = '';
let profileWritten = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-fuzz-'));
  path = join(folder, 'fuzz.yaml');
  for (const name of ['router.cfg', 'fuzz.yaml', 'profile.yaml']) await writeFile(join(folder, name), '');
});
afterAll(async () => {
  const left = await readdir(folder);
  await rm(folder, { recursive: true });
  expect(left.sort()).toEqual(['fuzz.yaml', 'profile.yaml', 'router.cfg']);
});

async function answer(bytes: string | Uint8Array, profile = 'name: other\nsettings: { txqueuelen: 10 }\n') {
  writeFileSync(path, bytes);
  if (profile !== profileWritten) writeFileSync(join(folder, 'profile.yaml'), profile);
  profileWritten = profile;
  const loaded = await loadScenario(path, SMALL_CATALOGUE);
  if (loaded.state === 'valid') return loaded;
  const texts = new Map([
    [path, Buffer.from(bytes)],
    [join(folder, 'profile.yaml'), Buffer.from(profile)],
  ]);
  expect(loaded.problems.length).toBeGreaterThan(0);
  for (const { file, line, column, message } of loaded.problems) {
    const lines = String(texts.get(file)).split(/\r\n|[\r\n]/);
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length + 1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    expect(message.trim()).not.toBe('');
    // In quotes stands what somebody wrote.
    expect(message.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')).not.toMatch(/\[object |\bundefined\b|\n {4}at /);
    expect(message.length).toBeLessThan(1_200);
  }
  // One line each, and nothing that a terminal would obey.
  expect(formatProblems(loaded.problems)).not.toMatch(CONTROL);
  expect(formatProblems(loaded.problems).split('\n')).toHaveLength(loaded.problems.length);
  return loaded;
}

/** All ten thousand where there is time; otherwise fewer of each kind. */
const runs = (count: number) => Math.ceil(count * (LONG_TESTS ? 1 : 0.3));

const check = (arbitrary: fc.Arbitrary<string | Uint8Array>, numRuns: number) =>
  fc.assert(
    fc.asyncProperty(arbitrary, async (bytes) => void (await answer(bytes))),
    { numRuns: runs(numRuns) },
  );

it(
  'a good scenario, whatever is left out and however it is written, is valid',
  async () => {
    await fc.assert(
      fc.asyncProperty(goodScenario, goodProfile, async (data, profile) => {
        const loaded = await answer(stringify(data), stringify(profile));
        expect(loaded.state === 'valid' ? '' : formatProblems(loaded.problems)).toBe('');
      }),
      { numRuns: runs(700) },
    );
  },
  TIMEOUT_MS,
);

it(
  'one to three faults: each is answered, and no fault hides another',
  async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(withFaults, async ({ data, profile, faults }) => {
        const loaded = await answer(stringify(data), stringify(profile));
        expect(loaded.state).toBe('invalid');
        if (loaded.state === 'valid') return;
        for (const { name, about } of faults) {
          seen.set(name, (seen.get(name) ?? 0) + 1);
          expect(formatProblems(loaded.problems)).toMatch(about);
        }
      }),
      { numRuns: runs(4_000) },
    );
    // Every kind of fault was there many times.
    for (const { name } of FAULTS)
      expect(`${name}: ${(seen.get(name) ?? 0) > runs(20)}`).toBe(`${name}: true`);
  },
  TIMEOUT_MS,
);

it(
  'shell metacharacters, unicode, escapes and huge numbers in every place of a scenario',
  () =>
    check(
      fc
        .tuple(goodScenario, fc.nat(40), odd)
        .map(([data, place, value]) => stringify(replaced(data, place, value))),
      2_000,
    ),
  TIMEOUT_MS,
);

it(
  'anchors, merge keys, bombs, tags, duplicate keys, long lines, byte order marks, deep nesting',
  () => check(yamlTricks, 600),
  TIMEOUT_MS,
);

it(
  'a good scenario, cut, spliced, with flipped bytes, in other encodings',
  () => check(damagedText(goodScenario.map((data) => stringify(data))), 2_000),
  TIMEOUT_MS,
);

it(
  'any text at all',
  () =>
    check(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 })), 700),
  TIMEOUT_MS,
);

/** The leaf of that number, counted around, is something else. */
function replaced(data: unknown, place: number, value: unknown): unknown {
  const count = leaves(data);
  let left = place % count;
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node === 'object' && node !== null)
      return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, walk(one)]));
    left -= 1;
    return left === -1 ? value : node;
  };
  return walk(data);
}

function leaves(node: unknown): number {
  return typeof node === 'object' && node !== null
    ? Object.values(node).reduce((sum: number, one) => sum + leaves(one), 0)
    : 1;
}
