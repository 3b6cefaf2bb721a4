// A campaign's result for a terminal: the verdict in one sentence, then the numbers behind it.
import type { CampaignEvent } from '../campaign/events.ts';
import { sameValue } from '../knobs/knob-value.ts';
import { goalsOf, isLimit, LIMIT_METRICS, metricOf } from '../scenario/metrics.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { MeasuredConfiguration, Result } from '../store/result.ts';
import { cpuBoundLines } from './cpu-bounds.ts';
import { paint, paragraph, type ReportStyle, table } from './layout.ts';
import { loadText, metricTitle } from './load-text.ts';
import { count, intervalText, knobText, metricText, NETPERF_TITLES, ratioText } from './numbers.ts';
import { plainText } from './plain-text.ts';
import { setupDelays } from './setup-delays.ts';

/** Shares below this are noise in a rough measure. */
const MIN_SHARE = 0.01;

/** `events` are the journal's; with them the report also says what limited each configuration. */
export function renderReport(
  result: Result,
  style: ReportStyle,
  events: readonly CampaignEvent[] = [],
): string {
  const sections = [
    simulated(result, style),
    paint(style, 'bold', paragraph(verdictSentence(result), style.columns)),
    notRestored(result, style),
    paragraph(aboutLine(result), style.columns),
    measurements(result, style),
    cpuBounds(result, style),
    setupDelays(result, events, style),
    front(result, style),
    comparison(result, style),
    profile(result, style),
    limiters(events, style),
    inert(result, style),
    importance(result, style),
    netperf(result, style),
    footer(result, style),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

export function verdictSentence(result: Result): string {
  const reason = plainText(result.reason).replace(/\.$/, '') || 'no reason was recorded';
  switch (result.verdict) {
    case 'improved':
      return `Improved: ${reason}.`;
    case 'not-proven':
      return `Not proven: ${reason}. Nothing is recommended.`;
    case 'aborted':
      return `Aborted: ${reason}.`;
  }
}

/** Said first of all, so that nobody takes its numbers for a router's. */
function simulated({ target }: Result, style: ReportStyle): string {
  if (!target.simulated) return '';
  const { landscape, noisePct } = target.simulated;
  const text = `SIMULATED: a model of a router (landscape ${plainText(landscape)}, noise ${noisePct} %). Nothing here was measured on a real one, and times are virtual.`;
  return paint(style, ['bold', 'yellow'], paragraph(text, style.columns));
}

/** What an operator must know before any number. */
function notRestored({ restored, id }: Result, style: ReportStyle): string {
  if (restored) return '';
  const text = `NOT everything was put back to what it was: run "siptune restore ${plainText(id)}".`;
  return paint(style, ['bold', 'red'], paragraph(text, style.columns));
}

function aboutLine({ target, id, scenario, seed, load }: Result): string {
  const machine =
    target.host === ''
      ? 'on a target that was not reached'
      : target.simulated
        ? `in ${target.host}, ${target.cpus} × ${target.cpu}`
        : `on ${target.host} (${target.cpus} × ${target.cpu}, Linux ${target.kernel})`;
  const router = `${target.router} ${target.routerVersion}`.trim();
  // The usual load needs no words.
  const what = load && loadText(load) !== loadText() ? `, ${loadText(load)}` : '';
  return plainText(`${router} ${machine}${what}, scenario ${scenario}, seed ${seed}, campaign ${id}`);
}

function section(style: ReportStyle, title: string, lines: readonly string[]): string {
  return [
    paint(style, 'bold', paragraph(title, style.columns)),
    ...lines.map((line) => paragraph(line, style.columns, '  ')),
  ].join('\n');
}

function measurements(result: Result, style: ReportStyle): string {
  const metrics = metricsOf(result);
  const row = (name: string, measured: MeasuredConfiguration) => [
    plainText(name),
    ...metrics.map((metric) => intervalText(metric, measured[metric])),
  ];
  const rows = [
    ...(result.baseline ? [row('current', result.baseline)] : []),
    ...result.contenders.map((contender) => row(contender.name, contender)),
    ...(result.winner ? [row('winner', result.winner)] : []),
  ];
  if (rows.length === 0) return '';
  const bounds = 'In brackets: the 95 % intervals of its searches, from the lowest bound to the highest.';
  return [
    table(style, ['', ...metrics.map((metric) => metricTitle(metric, result))], rows),
    paragraph(bounds, style.columns),
    ...generatorBounds(result).map((line) => paragraph(line, style.columns)),
  ].join('\n');
}

/** Both limits, or what the objective is about and those that were measured besides. */
function metricsOf({ objective, baseline, contenders, winner }: Result): readonly Metric[] {
  const rates = goalsOf(objective)
    .map(metricOf)
    .filter((metric) => !isLimit(metric));
  const limits: readonly Metric[] = LIMIT_METRICS.toReversed();
  const isMeasured = (metric: Metric) => [baseline, ...contenders, winner].some((one) => one?.[metric]);
  return [...rates, ...(rates.length === 0 ? limits : limits.filter(isMeasured))];
}

/** Where the generators ended a search, more may be carried than it says. */
function generatorBounds({ baseline, contenders, winner }: Result): readonly string[] {
  const all = [
    { name: 'current', measured: baseline },
    ...contenders.map((contender) => ({ name: contender.name, measured: contender })),
    { name: 'winner', measured: winner },
  ];
  return all.flatMap(({ name, measured }) => {
    const { burstCalls, capacityCps } = measured?.generatorBound ?? {};
    const loads = [
      ...(burstCalls === undefined ? [] : [`${count(burstCalls)} calls at once`]),
      ...(capacityCps === undefined ? [] : [`${count(capacityCps)} calls/s`]),
    ];
    return loads.length === 0
      ? []
      : [`${plainText(name)}: the generators cannot offer ${loads.join(', nor ')}: it may carry more.`];
  });
}

function cpuBounds(result: Result, style: ReportStyle): string {
  const lines = cpuBoundLines(result);
  return lines.length === 0 ? '' : section(style, "Where the router's CPUs are full", lines);
}

/** Each goal by its value, and how many times as good as today's it is. */
function front(result: Result, style: ReportStyle): string {
  const members = result.front ?? [];
  if (members.length === 0) return '';
  const metrics = goalsOf(result.objective).map(metricOf);
  const rows = members.map((member) => [
    plainText(member.name),
    ...metrics.map((metric) => {
      const ratio = member.proof?.[metric]?.ratio;
      return `${intervalText(metric, member[metric])}${ratio ? `\n× ${ratioText(ratio)}` : ''}`;
    }),
  ]);
  const isProven = members.some(({ proof }) => proof);
  return [
    paint(style, 'bold', 'Front: none of these is better than another in every goal'),
    table(style, ['', ...metrics.map((metric) => metricTitle(metric, result))], rows),
    paragraph(
      isProven
        ? "×: how many times as good as current's, in fresh interleaved rounds; these 95 % intervals hold together."
        : 'As the search measured them; there was no time for a proof.',
      style.columns,
    ),
  ].join('\n');
}

function comparison(result: Result, style: ReportStyle): string {
  const { comparison: proof } = result;
  if (!proof) return '';
  const percent = `${(proof.confidence * 100).toFixed(0)} % interval`;
  return section(style, 'Proof', [
    `${metricTitle(proof.metric, result)}, against current: ${ratioText(proof.ratio)}${isLimit(proof.metric) ? '' : ' times less'}, ${percent}, ${proof.pairs} interleaved pairs`,
    `permutation test: ${pValueText(proof)}`,
    ...(proof.chosenFrom === undefined
      ? []
      : [`both allow for the choice among ${proof.chosenFrom} configurations that took part`]),
    ...result.contenders.flatMap(({ name, proof: own }) =>
      own
        ? [
            `${plainText(name)}, in the same rounds: ${ratioText(own.ratio)}, ${percent}, ${own.count} pairs, p = ${own.pValue.toPrecision(2)}`,
          ]
        : [],
    ),
    ...proof.guards.map((guard) => {
      const title = `guard ${metricTitle(guard.metric, result)}`;
      // A ratio of nothing is recorded as 0.
      if (guard.measured === false)
        return `${title}: ${guard.held ? `at least ${guard.ratio.estimate.toFixed(2)} times today's is carried: held` : `${(1 - guard.mayFall).toFixed(2)} times today's was too much: NOT held`}`;
      return guard.ratio.estimate === 0
        ? `${title}: not measured, so NOT held`
        : `${title}: ${ratioText(guard.ratio)}, may fall by ${(guard.mayFall * 100).toFixed(0)} %: ${guard.held ? 'held' : 'NOT held'}`;
    }),
  ]);
}

/** The permutation test cannot go below 2^-n: without that word, a good proof with few pairs reads like a bad one. */
function pValueText({ pValue, pairs }: NonNullable<Result['comparison']>): string {
  const text = `p = ${pValue.toPrecision(2)}`;
  const isLeast = Math.abs(pValue - 2 ** -pairs) < 1e-9;
  return isLeast ? `${text} (the least that ${pairs} pairs can give)` : text;
}

function profile(result: Result, style: ReportStyle): string {
  const { winner, baseline } = result;
  if (!winner || !baseline) return '';
  const changed = Object.keys(winner.config).filter(
    (name) => !sameValue(winner.config[name], baseline.config[name]),
  );
  const rows = changed.map((name) => [
    plainText(name),
    knobText(name, baseline.config[name]),
    knobText(name, winner.config[name]),
  ]);
  return [
    paint(style, 'bold', 'Profile'),
    paragraph(minimalText(result, changed), style.columns),
    table(style, ['knob', 'from', 'to'], rows),
    paragraph(
      result.target.simulated
        ? 'Simulated: it is not for installing, and siptune export refuses it.'
        : `To install it: siptune export ${plainText(result.id)}`,
      style.columns,
    ),
  ].join('\n');
}

/** Which settings went, and how that was seen. */
function minimalText(result: Result, changed: readonly string[]): string {
  const { winner, minimised, objective } = result;
  if (!winner?.minimal)
    return minimised?.state === 'guard-broken'
      ? 'Not minimised: with fewer settings a guard did not hold.'
      : minimised?.state === 'out-of-time'
        ? 'Minimised as far as the time went: some of these may not matter.'
        : 'Not minimised: some of these may not matter.';
  const spared = new Set((minimised?.questions ?? []).flatMap(({ knobs, needed }) => (needed ? [] : knobs)));
  for (const name of changed) spared.delete(name);
  const load = minimised?.load;
  if (spared.size === 0 || load === null || load === undefined)
    return 'Minimal: none of these could be spared.';
  const today = `today's ${[...spared].map(plainText).join(', ')}, but not without any of these:`;
  const metric = metricOf(objective);
  return isLimit(metric)
    ? `Minimal: ${count(load)} ${metric === 'capacityCps' ? 'calls/s' : 'calls at once'} are carried as well with ${today}`
    : `Minimal: ${metricTitle(metric, result)} stays at ${metricText(metric, load)} or less with ${today}`;
}

function limiters(events: readonly CampaignEvent[], style: ReportStyle): string {
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
  return section(
    style,
    'What gave way in overloaded trials',
    [...byLabel].map(
      ([label, counts]) =>
        `${plainText(label)}: ${[...counts]
          .sort((a, b) => b[1] - a[1])
          .map(([limiter, n]) => `${plainText(limiter)} × ${n}`)
          .join(', ')}`,
    ),
  );
}

function inert(result: Result, style: ReportStyle): string {
  if (result.inert.length === 0) return '';
  return section(
    style,
    'Left out, because they do nothing here',
    result.inert.map(({ knob, reason }) => `${plainText(knob)}: ${plainText(reason)}`),
  );
}

function importance(result: Result, style: ReportStyle): string {
  const shares = result.importance.filter(({ share }) => share >= MIN_SHARE);
  if (shares.length === 0) return '';
  return section(
    style,
    'What mattered (rough: few configurations were tried)',
    [...shares]
      .sort((a, b) => b.share - a.share)
      .map(({ knob, share }) => `${(share * 100).toFixed(0)} % ${plainText(knob)}`),
  );
}

function netperf({ netperf: raw }: Result, style: ReportStyle): string {
  const { absent, current, winner } = raw;
  if (!current)
    return absent === null ? '' : paragraph(`Raw network: absent (${plainText(absent)})`, style.columns);
  const rows = Object.keys(current).map((key) => [
    NETPERF_TITLES[key] ?? plainText(key),
    figure(current[key]),
    figure(winner?.[key]),
  ]);
  return `${paint(style, 'bold', 'Raw network (netperf)')}\n${table(style, ['', 'current', 'winner'], rows)}`;
}

function figure(value: number | undefined): string {
  if (value === undefined) return '–';
  return Math.abs(value) >= 100 ? count(value) : String(Number(value.toPrecision(3)));
}

function footer({ trials, cost, restored }: Result, style: ReportStyle): string {
  const text =
    `${trials.total} trials (${trials.carried} carried, ${trials.overloaded} overloaded, ${trials.invalid} invalid, ` +
    `${trials.failed} failed), ${cost.restarts} restarts, ${(cost.wallS / 60).toFixed(1)} minutes.` +
    (restored ? ' Every setting is back to what it was.' : '');
  return paragraph(text, style.columns);
}
