// What may stand in a file, for fuzz.test.ts: values that nobody means, YAML's own tricks, and damaged bytes.
import fc from 'fast-check';

const shell = [
  ...[
    '$(reboot)',
    '`id`',
    "'; reboot; '",
    '"; reboot; "',
    '&& reboot',
    '| sh',
    '> /etc/passwd',
    '< /dev/zero',
  ],
  ...[
    '-rf',
    '--help',
    '../../etc/passwd',
    '/etc/passwd\0',
    '~root',
    '*',
    '?',
    '{a,b}',
    '!!',
    '\\',
    '\n',
    '\r\n',
  ],
  ...['$IFS', '%s%n', '%00', '#', "'", '"', '\u001b[2J\u001b]0;x\u0007', '\u202egnp.exe', '\ufeff', '\ud800'],
];
const huge = [
  ...[1e308, -1e308, 2 ** 63, 2 ** 53 + 1, -1, 0.1, 1e-320, Number.NaN, Number.POSITIVE_INFINITY, -0],
  ...[
    '1e308',
    '9223372036854775808',
    '0x7fffffff',
    '0o777',
    '1_000',
    '١٢٣',
    '８',
    '1e3 MiB',
    '-8 MiB',
    '1.5.2s',
  ],
  ...[
    '99999999999999999999h',
    '0x10 MiB',
    '8 MiB MiB',
    '∞',
    'NaN',
    '.inf',
    '1/2',
    '8,5 MiB',
    '1e400%',
    '100.1%',
  ],
];

export const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...shell, ...huge),
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    [],
    {},
    [[]],
    { a: 1 },
    '__proto__',
    'constructor',
    'toString',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'$`"\'\\ *?[]{}()<>|&;#~!=%-.:/@ab1\n\t') }),
  fc.double(),
  fc.bigInt().map(String),
  fc.constantFrom('x', 'é', '𝄞', '0', '9').chain((one) => fc.nat(5_000).map((times) => one.repeat(times))),
);

const HEAD =
  'name: a\ntarget: lab\nrouter: { kind: kamailio, config: router.cfg }\nobjective: { maximise: burst }\n';
const KNOBS = 'knobs: [txqueuelen]\n';
const many = (text: (n: number) => string, count: number, between = '') =>
  Array.from({ length: count }, (_, n) => text(n)).join(between);

/** Each alone or after a good beginning; sizes vary. */
export const yamlTricks: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', HEAD, `${HEAD}${KNOBS}`, `\ufeff${HEAD}${KNOBS}`),
    fc.nat(1_500),
    fc.constantFrom<(n: number) => string>(
      (n) => `load: &a {window: 5s}\nother: *a\n${n}: *a\n`,
      () => 'base: &b {window: 5s}\nload: { <<: *b, hold: 1s }\n',
      () => 'load: { <<: [*none], window: 5s }\n',
      () => 'load: &l { again: *l }\n',
      () => 'knobs: &k { txqueuelen: *k }\n',
      // Laughs: each level has the one before it several times.
      (n) =>
        `a0: &a0 [x]\n${many((level) => `a${level + 1}: &a${level + 1} [${many(() => `*a${level}`, 9, ',')}]\n`, 2 + (n % 30))}knobs: *a2\n`,
      (n) =>
        `m0: &m0 {x: y}\n${many((level) => `m${level + 1}: &m${level + 1} {a: *m${level}, b: *m${level}}\n`, 2 + (n % 40))}`,
      (n) => `x: &a y\nknobs: [${many(() => '*a', 1 + n, ',')}]\n`,
      (n) => `name: !!${['js/function', 'binary', 'timestamp', 'float', 'set', 'omap'][n % 6]} "abc"\n`,
      () => 'name: !<tag:yaml.org,2002:python/object/apply:os.system> [reboot]\n',
      () => '%TAG ! tag:evil,2000:\n---\nname: !x a\n',
      () => '%YAML 9.9\n---\nname: a\n',
      () => 'load: { window: 5s }\nload: { window: 6s }\n',
      () => '? [a, b]\n: c\n? {a: b}\n: d\n',
      () => '? |\n  multi\n  line\n: x\n"": x\n~: y\n1: z\ntrue: t\n',
      (n) => `name: ${'x'.repeat(n * 60)}\n`,
      (n) => `${'k'.repeat(n * 30)}: 1\n`,
      (n) => `name: "${'\\u0041'.repeat(n)}"\n`,
      (n) => `# ${'c'.repeat(n * 60)}\n`,
      (n) => many((one) => `key${one}: ${one}\n`, 1 + (n % 500)),
      (n) => `knobs: [${many((one) => `k${one}`, 1 + (n % 500), ', ')}]\n`,
      (n) => `load: ${'['.repeat(n * 10)}`,
      (n) => `load: ${'{a: '.repeat(n)}`,
      (n) => `load: ${'['.repeat(n)}${']'.repeat(n)}\n`,
      (n) => many((level) => `${' '.repeat(level)}a:\n`, 1 + (n % 500)),
      (n) => `load:\n${'- '.repeat(1 + n)}x\n`,
      (n) => `load: ${'!a '.repeat(1 + (n % 50))}x\n`,
      (n) => `load: ${'&a '.repeat(1 + (n % 50))}x\n`,
      () => '--- a\n--- b\n...\n',
      () => 'load: |2-\n   window: 5s\n',
      () => 'load: >\n window: 5s\n\tx\n',
      () => '\tname: a\n',
      () => 'name: a\r\nload:\r\n  window: 5s\r\n',
      () => 'name: a\rload: b\r',
      () => 'seed: 0x10\nbudget: 0o17\n',
      () => 'seed: 1e3\nbudget: 190:20:30\n',
      () => 'seed: .inf\nbudget: -.Inf\n',
      () => `seed: ${'9'.repeat(400)}\n`,
      () => 'load: { window: 5s, __proto__: { window: 6s }, constructor: 1 }\n__proto__: 1\n',
      () => 'knobs: { __proto__: { min: 1 }, constructor: , toString: { max: 5 } }\n',
      () => 'name: "a\\0b"\n',
      () => 'contenders: [profile.yaml, profile.yaml, ., .., /, /dev/zero, /dev/stdin, fuzz.yaml]\n',
      () => 'contenders: ["a\\0b", "", ~, 1, [x], {a: b}, "x/\\u001b[2J"]\n',
    ),
  )
  .map(([head, size, trick]) => `${head}${trick(size)}`);

const splice = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '\n',
    ': ',
    '&a ',
    '*a',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '~',
    '!',
    '|',
    '>',
    '"',
    "'",
    '#',
    '? ',
    '<<: ',
    '\t',
  ),
);

export function damagedText(texts: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  const parts = fc.record({
    text: texts,
    at: fc.nat(2_000),
    length: fc.nat(20),
    replacement: splice,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    how: fc.constantFrom(
      'splice',
      'splice',
      'splice',
      'cut',
      'bytes',
      'utf16',
      'latin1',
      'nul',
      'crlf',
      'bom',
      'twice',
    ),
  });
  return parts.map(({ text, at: place, length, replacement, bytes, how }) => {
    const at = place % (text.length + 1);
    const utf8 = Buffer.from(text);
    switch (how) {
      case 'cut':
        return utf8.subarray(0, at);
      case 'bytes':
        return Buffer.concat([utf8.subarray(0, at), bytes, utf8.subarray(at + length)]);
      case 'utf16':
        return Buffer.from(`\ufeff${text}`, 'utf16le');
      case 'latin1':
        return Buffer.from(`# \u00e9\u00ff\n${text}`, 'latin1');
      case 'nul':
        return Buffer.concat([utf8.subarray(0, at), Buffer.of(0), utf8.subarray(at)]);
      case 'crlf':
        return Buffer.from(text.replaceAll('\n', '\r\n'));
      case 'bom':
        return Buffer.from(`\ufeff${text}`);
      case 'twice':
        return Buffer.concat([utf8, utf8]);
      default:
        return Buffer.from(text.slice(0, at) + replacement + text.slice(at + length));
    }
  });
}
