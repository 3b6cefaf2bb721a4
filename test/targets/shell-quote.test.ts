// Whatever stands in a value, a real sh hands it on unchanged, and does nothing else with it.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote, quoteAll } from '../../src/targets/shell-quote.ts';

/** Batches, because every look at a shell is a process. */
const BATCH = 200;

function throughShell(words: readonly string[]): readonly string[] {
  const script = `for word in ${quoteAll(words)}; do printf '%s\\0' "$word"; done`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', maxBuffer: 1e8 }).split('\0').slice(0, -1);
}

const anyWord = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
  fc.string({ unit: fc.constantFrom(...'$`"\'\\\n\t *?[]{}()<>|&;#~!=%-.ab1') }),
  fc.constantFrom(
    '',
    '-n',
    '--',
    '$(reboot)',
    "'; reboot; '",
    '`id`',
    '\\',
    '\n',
    '*',
    '~',
    'é\u202e',
    '"$HOME"',
  ),
);

test('any word reaches a command as it is', () => {
  fc.assert(
    fc.property(fc.array(anyWord, { minLength: BATCH, maxLength: BATCH }), (words) => {
      expect(throughShell(words)).toEqual(words.map((word) => Buffer.from(word).toString('utf8')));
    }),
    { numRuns: 50 },
  );
});

test('plain words stay readable', () => {
  expect(quoteAll(['ip', 'link', 'set', 'dev', 'eth0.7@x', 'a b', "it's"])).toBe(
    `ip link set dev eth0.7@x 'a b' 'it'\\''s'`,
  );
});

test('a NUL, which no argument can hold, is refused rather than dropped', () => {
  expect(() => quote('a\0b')).toThrow(/NUL/);
});
