// A diagnosis as a tired operator reads it: the answer first, 80 columns, colour only on request.
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../src/doctor/examine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { renderDiagnosis } from '../../src/report/doctor-report.ts';

const finding = (more: Partial<Finding>): Finding => ({
  area: 'machine',
  level: 'ok',
  what: 'thing',
  seen: 'fine',
  advice: null,
  ...more,
});
const LONG = 'a sentence that is long enough to need a second line, and then a third one on a narrow screen';

function diagnosisOf(...findings: readonly Finding[]): Diagnosis {
  const reasons = findings.filter(({ level }) => level === 'problem');
  return {
    schema: 1,
    machine: 'sip1',
    scenario: null,
    root: true,
    couldStart: reasons.length === 0,
    reasons,
    findings,
  };
}
const plain = (diagnosis: Diagnosis, columns = 80) => renderDiagnosis(diagnosis, { color: false, columns });

describe('a diagnosis', () => {
  test('begins with the answer; what stands in the way comes first, and once', () => {
    const text = plain(
      diagnosisOf(
        finding({ what: 'kernel' }),
        finding({ area: 'tools', level: 'problem', what: 'sipp', seen: 'missing', advice: 'install it' }),
      ),
    );
    expect(text.split('\n').slice(0, 3)).toEqual([
      'No campaign could start on sip1:',
      '  PROBLEM  sipp: missing',
      '           → install it',
    ]);
    expect(text.match(/sipp/g)).toHaveLength(1);
    expect(text).not.toContain('Tools');
    expect(plain(diagnosisOf(finding({})))).toMatch(/^A campaign could start on sip1\./);
  });

  test('fits 80 columns', () => {
    const text = plain(
      diagnosisOf(
        finding({ level: 'warning', seen: LONG, advice: `${LONG}; ${LONG}` }),
        finding({ what: LONG }),
      ),
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('neighbours that are fine for the same reason share a line; others do not', () => {
    const text = plain(
      diagnosisOf(
        finding({ what: 'a' }),
        finding({ what: 'b' }),
        finding({ what: 'c', seen: 'fine, too' }),
        finding({ what: 'd', level: 'note', seen: 'fine, too' }),
      ),
    );
    expect(text).toContain('ok       a, b: fine\n  ok       c: fine, too\n  note     d: fine, too');
  });

  test('is the same text in colour, and cannot be made to draw on the terminal', () => {
    const diagnosis = diagnosisOf(finding({ level: 'warning', seen: 'evil \u001b[2J name', advice: LONG }));
    const colored = renderDiagnosis(diagnosis, { color: true, columns: 80 });
    expect(colored).not.toBe(plain(diagnosis));
    expect(stripVTControlCharacters(colored)).toBe(plain(diagnosis));
    expect(plain(diagnosis)).toContain('evil ?[2J name');
  });
});
