// A diagnosis for a terminal: the answer and its reasons first, then area by area, a word in front of each line.
import type { Diagnosis } from '../doctor/examine.ts';
import { AREAS, type Finding, type Level } from '../doctor/finding.ts';
import { paint, type ReportStyle } from './layout.ts';
import { plainText } from './plain-text.ts';
import { textBlock } from './text-block.ts';

const MAX_COLUMNS = 100;
const MARKS: Readonly<Record<Level, string>> = {
  ok: 'ok',
  note: 'note',
  warning: 'warning',
  problem: 'PROBLEM',
};
const COLORS = { ok: 'green', note: 'cyan', warning: 'yellow', problem: 'red' } as const;
const MARK_COLUMNS = 2 + 'warning'.length + 2;

export function renderDiagnosis(diagnosis: Diagnosis, style: ReportStyle): string {
  const columns = Math.min(style.columns, MAX_COLUMNS);
  const hang = ' '.repeat(MARK_COLUMNS);

  const lines = ({ level, what, seen, advice }: Finding): string => {
    const mark = `  ${MARKS[level]}`.padEnd(MARK_COLUMNS);
    const text = textBlock(plainText(`${what}: ${seen}`), columns, mark, hang);
    const marked = `  ${paint(style, COLORS[level], MARKS[level])}${text.slice(2 + MARKS[level].length)}`;
    return advice === null
      ? marked
      : `${marked}\n${textBlock(plainText(`→ ${advice}`), columns, hang, `${hang}  `)}`;
  };

  const sections = [
    [paint(style, 'bold', textBlock(headline(diagnosis), columns)), ...diagnosis.reasons.map(lines)].join(
      '\n',
    ),
    ...Object.entries(AREAS).flatMap(([area, title]) => {
      const own = diagnosis.findings.filter(
        (finding) => finding.area === area && !isReason(finding, diagnosis),
      );
      if (own.length === 0) return [];
      return [[paint(style, 'bold', title), ...folded(own).map(lines)].join('\n')];
    }),
    summary(diagnosis),
  ];
  return `${sections.join('\n\n')}\n`;
}

function headline({ machine, scenario, couldStart, root }: Diagnosis): string {
  const where = plainText(scenario === null ? `on ${machine}` : `over ${scenario}, on ${machine}`);
  if (!couldStart) return `No campaign could start ${where}:`;
  return `A campaign could start ${where}${root ? '' : ', by root'}. Nothing was changed to find out.`;
}

/** Reasons stand at the top, and are not repeated. */
function isReason(finding: Finding, { reasons }: Diagnosis): boolean {
  return reasons.includes(finding);
}

/** Neighbours that are fine for the same reason become one line. */
function folded(findings: readonly Finding[]): readonly Finding[] {
  const result: Finding[] = [];
  for (const finding of findings) {
    const last = result.at(-1);
    if (last?.level === 'ok' && finding.level === 'ok' && last.seen === finding.seen && last.advice === null)
      result[result.length - 1] = { ...last, what: `${last.what}, ${finding.what}` };
    else result.push(finding);
  }
  return result;
}

function summary({ findings }: Diagnosis): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const part = (level: Level, one: string) => `${count(level)} ${one}${count(level) === 1 ? '' : 's'}`;
  return [part('problem', 'problem'), part('warning', 'warning'), part('note', 'note')]
    .join(', ')
    .concat('.');
}
