// What text from outside becomes before anybody reads it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText } from '../../src/report/plain-text.ts';

test('what people write stays as it is', () => {
  const text = 'Kamailio 5.6.3 – “größte” 日本語 Ελληνικά עברית 🎉 (100 %) «»';
  expect(plainText(text)).toBe(text);
});

test.each([
  ['a terminal escape', '\u001b[2Jx', '?[2Jx'],
  ['an eight-bit escape', '\u009b2Jx', '?2Jx'],
  ['writing direction', 'a\u202eb\u2066c\u200fd\u061ce', 'a?b?c?d?e'],
  ['what is invisible', 'a\u200bb\ufeffc\u{e0041}d', 'a?b?c?d'],
  ['line breaks', 'a\r\nb\tc\u2028d\u0085e', 'a b c d e'],
  ['half a character', 'a\ud800b', 'a?b'],
])('%s', (_what, text, plain) => {
  expect(plainText(text)).toBe(plain);
});

test('whatever comes in, one line without controls comes out, and again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const plain = plainText(text);
      expect(plain).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
      expect(plainText(plain)).toBe(plain);
    }),
  );
});
