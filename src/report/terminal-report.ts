// A campaign's result for a terminal: the verdict in one sentence, then the numbers behind it.
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { CampaignEvent } from '../campaign/events.ts';
import { sameValue } from '../knobs/knob-value.ts';
import type { MeasuredConfiguration, Result } from '../store/result.ts';
import { count, intervalText, knobText, METRIC_TITLES, ratioText } from './numbers.ts';
import { plainText } from './plain-text.ts';

export interface ReportStyle {
  readonly color: boolean;
  readonly columns: number;
}

/** `events` are the journal's; with them the report also says what limited each configuration. */
export function renderReport(
  result: Result,
  style: ReportStyle,
  events: readonly CampaignEvent[] = [],
): string {
  const heading = (text: string) => (style.color ? styleText('bold', text) : text);
  const sections = [
    heading(verdictSentence(result)),
    aboutLine(result),
    measurements(result),
    comparison(result, heading),
    profile(result, heading),
    limiters(events, heading),
    inert(result, heading),
    importance(result, heading),
    netperf(result, heading),
    footer(result),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

export function verdictSentence(result: Result): string {
  const reason = plainText(result.reason);
  switch (result.verdict) {
    case 'improved':
      return `Improved: ${reason}.`;
    case 'not-proven':
      return `Not proven: ${reason}. Nothing is recommended.`;
    case 'aborted':
      return `Aborted: ${reason}.`;
  }
}

function aboutLine({ target, id, scenario, seed }: Result): string {
  return plainText(
    `${target.router} ${target.routerVersion} on ${target.host} (${target.cpus} × ${target.cpu}, Linux ${target.kernel}), ` +
      `scenario ${scenario}, seed ${seed}, campaign ${id}`,
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({ head: [...head], style: { head: [], border: [] } });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

function measurements(result: Result): string {
  const row = (name: string, measured: MeasuredConfiguration) => [
    plainText(name),
    intervalText(measured.burstCalls),
    intervalText(measured.capacityCps),
  ];
  const rows = [
    ...(result.baseline ? [row('current', result.baseline)] : []),
    ...result.contenders.map((contender) => row(contender.name, contender)),
    ...(result.winner ? [row('winner', result.winner)] : []),
  ];
  return rows.length === 0 ? '' : table(['', METRIC_TITLES.burstCalls, METRIC_TITLES.capacityCps], rows);
}

function comparison(result: Result, heading: (text: string) => string): string {
  const { comparison: proof } = result;
  if (!proof) return '';
  const percent = `${(proof.confidence * 100).toFixed(0)} % interval`;
  return [
    heading('Proof'),
    `  ${METRIC_TITLES[proof.metric]}, against current: ${ratioText(proof.ratio)}, ${percent}, ${proof.pairs} interleaved pairs, p = ${proof.pValue.toPrecision(2)}`,
    ...proof.guards.map(
      (guard) =>
        `  guard ${METRIC_TITLES[guard.metric]}: ${ratioText(guard.ratio)}, may fall by ${(guard.mayFall * 100).toFixed(0)} %: ${guard.held ? 'held' : 'NOT held'}`,
    ),
  ].join('\n');
}

function profile(result: Result, heading: (text: string) => string): string {
  const { winner, baseline } = result;
  if (!winner || !baseline) return '';
  const changed = Object.keys(winner.config).filter(
    (name) => !sameValue(winner.config[name], baseline.config[name]),
  );
  return `${heading('Profile')}${winner.minimal ? '' : ' (not minimised: some of these may not matter)'}\n${table(
    ['knob', 'from', 'to'],
    changed.map((name) => [
      plainText(name),
      knobText(name, baseline.config[name]),
      knobText(name, winner.config[name]),
    ]),
  )}`;
}

function limiters(events: readonly CampaignEvent[], heading: (text: string) => string): string {
  const byLabel = new Map<string, Map<string, number>>();
  for (const event of events) {
    if (event.type !== 'trial' || event.trial.verdict.state !== 'overloaded') continue;
    const { label, plan, verdict } = event.trial;
    const name = /^candidate/.test(label) ? 'candidates' : label;
    const counts = byLabel.get(name) ?? new Map<string, number>();
    const key = `${verdict.limiter} (${plan.shape})`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    byLabel.set(name, counts);
  }
  if (byLabel.size === 0) return '';
  const lines = [...byLabel].map(
    ([label, counts]) =>
      `  ${plainText(label)}: ${[...counts]
        .sort((a, b) => b[1] - a[1])
        .map(([limiter, n]) => `${limiter} × ${n}`)
        .join(', ')}`,
  );
  return `${heading('What gave way in overloaded trials')}\n${lines.join('\n')}`;
}

function inert(result: Result, heading: (text: string) => string): string {
  if (result.inert.length === 0) return '';
  const lines = result.inert.map(({ knob, reason }) => `  ${plainText(knob)}: ${plainText(reason)}`);
  return `${heading('Left out, because they do nothing here')}\n${lines.join('\n')}`;
}

function importance(result: Result, heading: (text: string) => string): string {
  const shares = result.importance.filter(({ share }) => share >= 0.01);
  if (shares.length === 0) return '';
  const lines = shares.map(
    ({ knob, share }) => `  ${`${(share * 100).toFixed(0)} %`.padStart(5)}  ${plainText(knob)}`,
  );
  return `${heading('What mattered (rough: few configurations were tried)')}\n${lines.join('\n')}`;
}

function netperf({ netperf: raw }: Result, heading: (text: string) => string): string {
  if (raw.absent !== null && raw.current === null) return `Raw network: absent (${plainText(raw.absent)})`;
  const { current, winner } = raw;
  if (!current) return '';
  const rows = Object.keys(current).map((key) => [
    plainText(key),
    figure(current[key]),
    winner ? figure(winner[key]) : '–',
  ]);
  return `${heading('Raw network (netperf)')}\n${table(['', 'current', 'winner'], rows)}`;
}

function figure(value: number | undefined): string {
  if (value === undefined) return '–';
  return Math.abs(value) >= 100 ? count(value) : value.toPrecision(3);
}

function footer({ trials, cost, restored }: Result): string {
  return (
    `${trials.total} trials (${trials.carried} carried, ${trials.overloaded} overloaded, ${trials.invalid} invalid, ` +
    `${trials.failed} failed), ${cost.restarts} restarts, ${(cost.wallS / 60).toFixed(1)} minutes. ` +
    (restored ? 'Every setting is back to what it was.' : 'NOT everything was restored: run siptune restore.')
  );
}
