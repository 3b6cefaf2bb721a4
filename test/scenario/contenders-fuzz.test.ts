// Whatever stands in a contender's file, of whichever kind, the answer is a configuration within the catalogue's bounds or problems
// that have a place in it; nothing is thrown.
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { boundsViolation } from '../../src/knobs/constraints.ts';
import { resolveContender } from '../../src/knobs/resolve-contender.ts';
import { formatProblems } from '../../src/scenario/load-scenario.ts';
import { loadProfile } from '../../src/scenario/profiles/load-profile.ts';
import { SMALL_CATALOGUE } from './small-catalogue.ts';
import { damagedText, odd } from './text-arbitraries.ts';

/** But for the end of a line. */
const CONTROL = /(?!\n)[\p{Cc}\u202a-\u202e]/u;
const MEMORY_MIB = 4_096;
const TODAY = { txqueuelen: 1_000, 'net.core.rmem_max': 212_992 };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function answer(name: string, bytes: string | Uint8Array): Promise<void> {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  const profile = await loadProfile(file, { catalogue: SMALL_CATALOGUE, tunedFolders: [folder] });
  const remarks = profile.state === 'valid' ? profile.warnings : profile.problems;
  const lines = String(Buffer.from(bytes)).split(/\r\n|[\r\n]/);
  for (const { line, column, message } of remarks) {
    expect(line).toBeLessThanOrEqual(lines.length + 1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    // What the file itself says may be said again.
    const ours = message
      .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
      .replaceAll('[object Object]', (shown) => (String(Buffer.from(bytes)).includes(shown) ? '' : shown));
    expect(ours).not.toMatch(/\[object |\n {4}at /);
  }
  expect(formatProblems(remarks)).not.toMatch(CONTROL);
  if (profile.state === 'invalid') {
    expect(profile.problems.length).toBeGreaterThan(0);
    return;
  }
  const { name: own, configuration } = profile.contender;
  expect(own).toMatch(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,39}$/);
  expect(Object.keys(configuration).length).toBeGreaterThan(0);
  expect(boundsViolation(resolveContender(configuration, TODAY, MEMORY_MIB))).toBeNull();
}

const DOLLAR = '$';
const key = fc.constantFrom(
  ...['net.core.rmem_max', 'net/core/rmem_max', 'net.core.*', '-net.core.rmem_default', 'kernel.shmmax'],
  ...[
    'kernel.shmall',
    'vm.swappiness',
    'txqueuelen',
    'devices',
    'type',
    'include',
    'enabled',
    'replace',
    'drop',
  ],
  ...['uname_regex', 'v', 'w', '__proto__', 'constructor', '', '*', '[a', '-'],
);
const value = fc.oneof(
  fc.integer({ min: 0, max: 100_000_000 }).map(String),
  fc.constantFrom('>5000', '<60', '"8192"', '1 2 3', 'net', 'sysctl', 'a', 'b, -c', 'net.core.rmem_max', ''),
  fc
    .constantFrom('{v}', '{w}{w}', '{f:exec:reboot}', '{i:PROFILE_DIR}', '{')
    .map((rest) => `${DOLLAR}${rest}`),
  odd.map(String),
);
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(key, fc.constantFrom('=', ' = ', ' ', ': '), value).map((one) => one.join('')),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('[sysctl]', '[net]', '[main]', '[variables]', '[sysctl.arm]', '[x'),
  },
  { weight: 1, arbitrary: fc.constantFrom('# a', '; b', '  more', '', '\t', ']', '{', '---') },
);
const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
const json = fc
  .record(
    {
      name: fc.oneof(fc.constant('mine'), odd),
      verdict: fc.constantFrom<unknown>('improved', 'aborted', 5),
      winner: fc.oneof(
        fc.constant(null),
        fc.record({ config: fc.dictionary(key, fc.oneof(fc.nat(), odd)) }),
        odd,
      ),
      baseline: fc.record({ config: fc.dictionary(key, fc.nat()) }),
      settings: fc.oneof(
        fc.record({ txqueuelen: fc.nat() }),
        fc.dictionary(key, fc.oneof(fc.nat(), odd)),
        odd,
      ),
    },
    { requiredKeys: [] },
  )
  .map((one) => JSON.stringify(one, null, 1));

it.each([
  ['sysctl.d and TuneD, line by line', fc.constantFrom('a.conf', 'tuned.conf', 'a'), text],
  ['damaged', fc.constantFrom('a.conf', 'a', 'a.json'), damagedText(fc.oneof(text, json))],
  ['JSON', fc.constantFrom('a.json', 'a', 'result.json'), json],
])('%s', async (_title, name, bytes) => {
  await fc.assert(fc.asyncProperty(name, bytes as fc.Arbitrary<string | Uint8Array>, answer), {
    numRuns: 500,
  });
});
