// /proc/PID/limits of a running router: the few that could bite.
import { bytes, count } from '../report/numbers.ts';
import { note, ok, type Remark, warning } from './finding.ts';
import type { View } from './view.ts';

export interface Limit {
  /** Infinity: unlimited. */
  readonly soft: number;
  readonly hard: number;
}

/** Lines of a fixed width: name (25), soft (20), hard (20), unit. */
export function parseLimits(text: string): ReadonlyMap<string, Limit> {
  const value = (word: string) => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word));
  return new Map(
    [...text.matchAll(/^Max (.+?)\s{2,}(unlimited|\d+)\s+(unlimited|\d+)/gm)].map(
      ([, name = '', soft = '', hard = '']) => [name, { soft: value(soft), hard: value(hard) }],
    ),
  );
}

/** A router over TCP needs one for each connection, and each of its processes some for the others. */
const FEW_OPEN_FILES = 4_096;
/** Any of them below the machine's memory stops a larger -m or -M, or the start. */
const MEMORY_LIMITS = ['address space', 'data size', 'resident set'] as const;

export async function limitRemarks(kind: string, pid: number, { machine }: View): Promise<readonly Remark[]> {
  const path = `/proc/${pid}/limits`;
  const oomPath = `/proc/${pid}/oom_score_adj`;
  const files = await machine.readFiles([path, oomPath]);
  const limits = parseLimits(files.get(path) ?? '');
  const files_ = limits.get('open files');
  if (limits.size === 0 || files_ === undefined)
    return [note(kind, `runs as process ${pid}; its limits cannot be read`, 'run doctor as root')];
  const seen = `process ${pid}: open files ${amount(files_.soft)} of ${amount(files_.hard)}, oom_score_adj ${files.get(oomPath)?.trim() ?? 'unknown'}`;
  const tight = MEMORY_LIMITS.flatMap((name) => {
    const soft = limits.get(name)?.soft ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(soft) ? [`${name} ${bytes(soft)}`] : [];
  });
  return [
    files_.soft < FEW_OPEN_FILES
      ? note(
          kind,
          seen,
          'enough for UDP; over TCP every connection needs one: LimitNOFILE= in the unit (limits.conf does not reach services)',
        )
      : ok(kind, seen),
    ...(tight.length > 0
      ? [
          warning(
            kind,
            `limited: ${tight.join(', ')}`,
            'a larger -m or -M may keep it from starting: lift the limit in its unit',
          ),
        ]
      : []),
  ];
}

function amount(value: number): string {
  return Number.isFinite(value) ? count(value) : 'unlimited';
}
