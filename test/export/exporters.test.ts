// What is written for other tools: golden files, and a result that was tampered with never gets that far.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { EXPORTERS } from '../../src/export/index.ts';
import { profileOf } from '../../src/export/profile.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import type { Result } from '../../src/store/result.ts';
import { everyKind, withValues } from '../support/profiles.ts';
import { aborted, HOSTILE, improved, notProven } from '../support/results.ts';

const exported = (result: Result) => EXPORTERS.flatMap((exporter) => exporter.files(profileOf(result)));

describe('golden', () => {
  test.each([
    ['kamailio', improved],
    ['opensips', everyKind],
  ] as const)('%s', async (name, result) => {
    const files = exported(result);
    for (const { path, text } of files) await expect(text).toMatchFileSnapshot(`golden/${name}/${path}`);
    expect(files.map(({ path, mode }) => [path, mode.toString(8)])).toEqual([
      ['90-siptune.conf', '644'],
      ['siptune-profile.sh', '755'],
      [`${name}.default`, '644'],
      [`${name}-globals.cfg`, '644'],
      ...(name === 'opensips' ? [['opensips-options.txt', '644']] : []),
    ]);
  });
});

test('every file says what, why, from which campaign, on which evidence, and how to undo', () => {
  for (const { path, text } of [...exported(improved), ...exported(everyKind)]) {
    const head = text
      .split('\n')
      .filter((line) => line.startsWith('#'))
      .join('\n');
    expect(head, path).toContain('found and proven by siptune');
    expect(head, path).toContain('Campaign 2026-11-25T1700-lab-kamailio, scenario lab-kamailio');
    expect(head, path).toContain('Evidence: burst (calls at once) 5.58 times that of before (95 % interval');
    expect(head, path).toContain('Undo:');
    expect(head, path).toContain(' → ');
  }
});

test('each setting stands in exactly one file that sets it for good', () => {
  const lines = exported(everyKind)
    .filter(({ path }) => !path.endsWith('.sh'))
    .flatMap(({ text }) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  expect(lines).toEqual([
    'net.core.rmem_default = 1835008',
    'kernel.shmmax = 1073741824',
    'kernel.shmall = 262144',
    'S_MEMORY=512',
    'udp_workers=2',
    '-a F_MALLOC',
  ]);
});

test('kernel.shmall follows kernel.shmmax, once, as it did in the trials', () => {
  const result = withValues({ 'kernel.shmmax': [33_554_432, 1_073_741_824], 'kernel.shmall': [8192, 9000] });
  expect(profileOf(result).settings.map(({ knob, from, to }) => [knob.name, from, to])).toEqual([
    ['kernel.shmmax', '33554432', '1073741824'],
    ['kernel.shmall', '8192', '262144'],
  ]);
});

test('what the profile does not change is not written', () => {
  const files = exported(
    withValues({ 'router.pkg': [8, 16], 'router.shm': [64, 64], txqueuelen: [1000, 1000] }),
  );
  expect(files.map(({ path }) => path)).toEqual(['kamailio.default']);
  expect(files[0]?.text).not.toContain('SHM_MEMORY');
});

test.each([notProven, aborted, { ...improved, verdict: 'not-proven' as const }])(
  'nothing proven: no profile, and status 1',
  (result) => {
    expect(() => profileOf(result)).toThrow(
      expect.objectContaining({
        name: 'UserError',
        exitStatus: 1,
        message: expect.stringMatching(/proved nothing/),
      }),
    );
  },
);

test.each([
  ['net.core.rmem_max', [212_992, '$(touch /tmp/x)'], 'is not a number'],
  ['net.core.rmem_max', [212_992, '`id`'], 'is not a number'],
  ['net.core.rmem_max', [212_992, '1048576\nkernel.core_pattern = |/bin/sh'], 'is not a number'],
  ['net.core.rmem_max', ['1; reboot', 1_048_576], 'is not a number'],
  ['net.core.rmem_max', [212_992, '01048576'], 'is not a number'],
  ['net.core.rmem_max', [212_992, 1.5], 'is not a number'],
  ['net.core.rmem_max', [212_992, -1], 'is not a number'],
  ['net.core.rmem_max', [212_992, 1], 'is outside its bounds'],
  ['net.core.rmem_max', [212_992, 1e12], 'is outside its bounds'],
  ['kernel.core_pattern', ['core', 1], 'is no knob of siptune'],
  ['router.workers', [8, 65], 'is outside its bounds'],
  ['router.allocator', ['qm', 'fm; reboot'], 'is not one of qm, fm'],
  ['router.allocator', ['', 'fm'], 'is not one of qm, fm'],
] as const)('%s = %j is refused', (name, values, why) => {
  expect(() => profileOf(withValues({ [name]: values }))).toThrow(
    expect.objectContaining({ name: 'UserError', message: expect.stringContaining(why) }),
  );
});

test('Kamailio takes its memory manager for shared and private memory from two options', () => {
  const [file] = exported(withValues({ 'router.allocator': ['qm', 'fm'] }));
  expect(file?.path).toBe('kamailio-options.txt');
  expect(file?.text).toMatch(/^# +-x qm -X qm$/m);
  expect(file?.text).toMatch(/^-x fm -X fm$/m);
});

test('a profile without a way back is refused', () => {
  const result = withValues({ 'net.core.rmem_max': [212_992, 1_048_576] });
  const lost = { ...result, baseline: result.baseline && { ...result.baseline, config: {} } };
  expect(() => profileOf(lost)).toThrow(/does not say what net\.core\.rmem_max was before/);
});

test('whatever a result holds, a file has comments and siptune’s own lines with numbers, and nothing else', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(HOSTILE, "'; reboot #", '$(touch /tmp/x)', 'a\nreboot', '\r\nset -x', '\u2028x', '7'),
  );
  const value = fc.oneof(text, fc.integer(), fc.bigInt().map(String), fc.double({ noNaN: true }));
  const name = fc.oneof(fc.constantFrom(...CATALOGUE.map((knob) => knob.name)), text);
  const values = fc.dictionary(name, fc.tuple(value, fc.oneof(value, fc.integer({ min: 1, max: 65_536 }))));
  const ours =
    /^(#.*|[a-z0-9_.]+ = \d+|[A-Z_]+=\d+|(children|udp_workers|maxbuffer)=\d+|-x [a-z]+ -X [a-z]+|set_value [a-z0-9_.]+ \d+ \d+|check [a-z0-9_.]+|)$/;
  const fixed = new Set(
    [...exported(everyKind), ...exported(improved)].flatMap((file) => file.text.split('\n')),
  );
  fc.assert(
    fc.property(
      values,
      fc.array(text, { minLength: 5, maxLength: 5 }),
      (pairs, [id, scenario, at, host, version]) => {
        const result: Result = {
          ...withValues(pairs),
          id: String(id),
          scenario: String(scenario),
          startedAt: String(at),
          target: {
            ...improved.target,
            host: String(host),
            kernel: String(host),
            routerVersion: String(version),
          },
        };
        let files: ReturnType<typeof exported> = [];
        try {
          files = exported(result);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
        for (const file of files)
          for (const line of file.text.split(/[\n\r\u2028\u2029\u0085]/))
            if (!fixed.has(line)) expect(line).toMatch(ours);
      },
    ),
    { numRuns: 500 },
  );
});
