// Whatever stands in the file, siptune answers with a scenario or with problems that have a place; it never throws.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadScenario } from '../../src/scenario/load-scenario.ts';
import { SMALL_CATALOGUE } from './small-catalogue.ts';

const good = await readFile(fileURLToPath(new URL('good/everything.yaml', import.meta.url)), 'utf8');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-fuzz-'));
  await writeFile(join(folder, 'router.cfg'), '');
});
afterAll(() => rm(folder, { recursive: true }));

async function answersProperly(text: string): Promise<void> {
  const path = join(folder, 'fuzz.yaml');
  await writeFile(path, text);
  const loaded = await loadScenario(path, SMALL_CATALOGUE);
  if (loaded.state === 'valid') return;
  const lines = text.split(/\r\n|[\r\n]/).length;
  expect(loaded.problems.length).toBeGreaterThan(0);
  for (const { line, column, message } of loaded.problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines + 1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message.trim()).not.toBe('');
    expect(message).not.toMatch(/\[object|undefined/);
  }
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        'a',
        ': ',
        '- ',
        '\n',
        '  ',
        '[',
        ']',
        '{',
        '}',
        '&a ',
        '*a',
        '!',
        '|',
        '"',
        "'",
        '#',
        '?',
        '<<',
        '\t',
        '%',
        '---\n',
        '\r',
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join('')),
);

const scalar = fc.oneof(
  fc.constantFrom(
    null,
    true,
    '',
    'lab',
    'burst',
    'capacity',
    '8 MiB',
    '5%',
    '1m',
    '-1',
    '1e999',
    '__proto__',
    'ram/4',
  ),
  fc.string({ maxLength: 12 }),
  fc.double(),
  fc.integer(),
);
const key = fc.constantFrom(
  ...['name', 'target', 'lab', 'host', 'egress', 'address', 'caller', 'router', 'kind', 'config', 'service'],
  ...[
    'settings',
    'workers',
    'load',
    'window',
    'objective',
    'maximise',
    'guard',
    'burst',
    'capacity',
    'mayFall',
  ],
  ...['loss', 'knobs', 'txqueuelen', 'kernel.shmall', 'min', 'max', 'contenders', 'budget', 'seed'],
  ...['__proto__', 'constructor', 'toString', ''],
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalar,
    fc.dictionary(key, tie('tree'), { maxKeys: 9 }),
    fc.array(tie('tree'), { maxLength: 4 }),
  ),
}));
const scenarioLike = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 9 });

it('any text', () => fc.assert(fc.asyncProperty(anyText, answersProperly), { numRuns: 700 }));

it('any structure made of the words of a scenario', () =>
  fc.assert(
    fc.asyncProperty(scenarioLike, (data) => answersProperly(stringify(data))),
    { numRuns: 900 },
  ));

it('a good scenario with one piece of it damaged', () =>
  fc.assert(
    fc.asyncProperty(
      fc.nat(good.length),
      fc.nat(20),
      fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('\n', ': ', '&a ', '*a', '- ', '{', '~')),
      (start, length, replacement) =>
        answersProperly(good.slice(0, start) + replacement + good.slice(start + length)),
    ),
    { numRuns: 600 },
  ));
