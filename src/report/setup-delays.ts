// How long set-ups took at the highest rate that each configuration carried: by SIPp's samples, and as a phone saw it.
import type { CampaignEvent, TrialRecord } from '../campaign/events.ts';
import type { Result } from '../store/result.ts';
import { paint, paragraph, type ReportStyle, table } from './layout.ts';
import { count } from './numbers.ts';
import { plainText } from './plain-text.ts';

type Named = readonly [name: string, trial: TrialRecord];

export function setupDelays(result: Result, events: readonly CampaignEvent[], style: ReportStyle): string {
  const best = events.findLast((event) => event.type === 'best');
  const winner = result.winner && best ? ([['winner', best.label]] as const) : [];
  const labels = [
    ['current', 'current'] as const,
    ...result.contenders.map(({ name }) => [name, name] as const),
    ...winner,
  ];
  const seen = labels.flatMap(([name, label]): Named[] => {
    const trial = highestCarried(label, events);
    return trial ? [[name, trial]] : [];
  });
  if (seen.length === 0) return '';
  const rows = seen.flatMap(([name, trial]) => rowsOf(name, trial));
  const disagreeing = events.filter(
    (event) => event.type === 'trial' && event.trial.meterFaults.some((fault) => /disagree/.test(fault)),
  ).length;
  return [
    paint(style, 'bold', paragraph('Setup delay (ms) at the highest rate that was carried', style.columns)),
    table(style, ['', 'calls/s', 'p50', 'p95', 'p99', 'max'], rows),
    ...(disagreeing > 0
      ? [
          paragraph(
            `In ${disagreeing} trials the phone and SIPp disagree: the journal says by how much.`,
            style.columns,
          ),
        ]
      : []),
  ].join('\n');
}

function highestCarried(label: string, events: readonly CampaignEvent[]): TrialRecord | null {
  return events.reduce<TrialRecord | null>((highest, event) => {
    if (event.type !== 'trial' || event.trial.label !== label) return highest;
    const { plan, verdict } = event.trial;
    if (plan.shape !== 'steady' || verdict.state !== 'carried') return highest;
    return highest?.plan.shape === 'steady' && highest.plan.rateCps > plan.rateCps ? highest : event.trial;
  }, null);
}

function rowsOf(name: string, { plan, verdict, ua }: TrialRecord): string[][] {
  if (plan.shape !== 'steady' || verdict.state !== 'carried' || verdict.setupMs === null) return [];
  const { p50, p95, p99, max } = verdict.setupMs;
  const cells = (delays: readonly (number | undefined)[]) =>
    delays.map((delay) => (delay === undefined || delay === null ? '–' : count(delay)));
  return [
    [plainText(name), count(plan.rateCps), ...cells([p50, p95, p99, max])],
    ...(ua === null ? [] : [['  phone', '', ...cells([ua.p50Ms, ua.p95Ms, ua.p99Ms, ua.maxMs])]]),
  ];
}
