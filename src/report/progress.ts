// What a campaign looks like while it runs: finished lines scroll by, one status line stays at the bottom of a terminal.
// It only listens; a campaign without a screen runs the same.
import { stripVTControlCharacters } from 'node:util';
import type { CampaignEvent, Phase, TrialRecord } from '../campaign/events.ts';
import type { Clock } from '../clock.ts';
import type { LoadPlan } from '../load/load.ts';
import { isLimit } from '../scenario/metrics.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { paint as painted } from './layout.ts';
import { overBase } from './load-text.ts';
import { count, intervalText, isAtLeast, METRIC_TITLES, metricText } from './numbers.ts';
import { plainText } from './plain-text.ts';

export interface ProgressIo {
  err(text: string): void;
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Progress {
  onEvent(event: CampaignEvent): void;
  /** An event of before the campaign was resumed: known, not shown. */
  recall(event: CampaignEvent): void;
  /** Clears the status line. */
  stop(): void;
}

const CLEAR_LINE = '\r\u001b[2K';
const REDRAW_MS = 1_000;
const MIN_COLUMNS = 20;

const PHASE_TITLES: Readonly<Record<Phase, string>> = {
  prepare: 'Preparing: reading what there is, recording the way back',
  baseline: 'Measuring what the system has today',
  contenders: 'Measuring the contenders',
  search: 'Searching',
  minimise: 'Putting settings back that do not pay',
  confirm: 'Proving the best against today’s, interleaved',
  restore: 'Putting every setting back',
  report: 'Writing the report',
};

export function createProgress(io: ProgressIo, clock: Clock, options: { readonly quiet: boolean }): Progress {
  const live = io.isTerminal && io.env.TERM !== 'dumb' && !options.quiet;
  const color = live && !io.env.NO_COLOR;
  const columns = () => Math.max(MIN_COLUMNS, process.stderr.columns ?? 80);
  const paint = (format: Parameters<typeof painted>[1], text: string) =>
    painted({ color, columns: columns() }, format, text);
  let startMs = clock.nowMs();
  let budgetMs = 0;
  let resumedUsedMs = 0;
  let phase: Phase = 'prepare';
  let trial = 0;
  let running = 'starting';
  let best = '';
  const current: Partial<Record<Metric, number>> = {};

  const status = (): string => {
    const usedMs = clock.nowMs() - startMs;
    const left = budgetMs > 0 ? `, ${duration(Math.max(0, budgetMs - usedMs))} left` : '';
    const text = `${phase}: ${running}${best === '' ? '' : ` | best ${best}`} | ${duration(usedMs)}${left}`;
    return text.length > columns() - 1 ? `${text.slice(0, columns() - 2)}…` : text;
  };
  const draw = () => {
    if (live) io.err(`${CLEAR_LINE}${paint('dim', status())}`);
  };
  const line = (text: string) => {
    if (options.quiet) return;
    io.err(live ? `${CLEAR_LINE}${text}\n` : `${stripVTControlCharacters(text)}\n`);
    draw();
  };
  const timer = live ? setInterval(draw, REDRAW_MS) : undefined;
  timer?.unref();

  const trialText = (record: TrialRecord): string => {
    trial = record.n;
    running = `trial ${trial} done`;
    const { verdict } = record;
    const text = `  trial ${record.n}, ${plainText(record.label)}: ${planText(record.plan)} → `;
    switch (verdict.state) {
      case 'carried':
        return `${text}${paint('green', 'carried')}${verdict.setupMs ? `, p99 ${verdict.setupMs.p99.toFixed(0)} ms` : ''}`;
      case 'overloaded':
        return `${text}${paint('yellow', `too much (${verdict.limiter})`)}: ${plainText(verdict.evidence)}`;
      case 'invalid':
      case 'failed':
        return `${text}${paint('red', verdict.state)}: ${plainText(verdict.reason)}`;
    }
  };

  /** What an event says to people; null for those that only the journal needs. */
  const textOf = (event: CampaignEvent): string | null => {
    switch (event.type) {
      case 'campaign-started':
        startMs = clock.nowMs() - resumedUsedMs;
        budgetMs = event.budgetMs;
        return `Campaign ${plainText(event.id)}, budget ${duration(budgetMs)}, seed ${event.seed}`;
      case 'resumed':
        resumedUsedMs = event.usedMs;
        return `Resumed after ${duration(event.usedMs)}, with ${event.trials} trials`;
      case 'phase':
        phase = event.phase;
        running = '…';
        return paint('bold', `[${duration(clock.nowMs() - startMs)}] ${PHASE_TITLES[event.phase]}`);
      case 'inert':
        return `  left out: ${plainText(event.knob)}: ${plainText(event.reason)}`;
      case 'trial':
        return trialText(event.trial);
      case 'measured':
        if (event.label === 'current') current[event.metric] ??= event.value.estimate;
        return `  ${paint('bold', `${plainText(event.label)}: ${METRIC_TITLES[event.metric]} ${intervalText(event.metric, event.value)}`)}${against(current[event.metric], event)}${event.unreachable === undefined ? '' : `: the generators cannot offer ${count(event.unreachable)}`}`;
      case 'proposed':
        running = `candidate ${event.candidate}`;
        return `  candidate ${event.candidate} (${plainText(event.from)})`;
      case 'rejected':
        return `  candidate ${event.candidate} rejected: ${plainText(event.reason)}`;
      case 'search-ended':
        return `  the search ends after ${event.candidates} candidates: ${plainText(event.reason)}`;
      case 'best': {
        const ratio = against(current[event.metric], event);
        best = `${metricText(event.metric, event.value.estimate)}${ratio}`;
        return paint(
          'green',
          `  best so far: ${plainText(event.label)}, ${METRIC_TITLES[event.metric]} ${best}`,
        );
      }
      case 'put-back':
        running = `without ${event.knobs.length} settings`;
        return `  ${event.needed ? 'needed' : 'not needed'}: ${event.knobs.map(plainText).join(', ')} (${METRIC_TITLES[event.metric]}, ${withoutText(event)} without)`;
      case 'netperf':
        return event.absent === null ? null : `  netperf: absent (${plainText(event.absent)})`;
      case 'warning':
        return paint('yellow', `  warning: ${plainText(event.message)}`);
      case 'armed': {
        const { host = 'local' } = event;
        return `  if siptune should end, everything is put back${host === 'local' ? '' : ` on ${plainText(host)}`} within ${duration(event.periodMs)} (timer by ${event.by})`;
      }
      case 'generators':
        return `  one pair of SIPp reaches ${count(event.limitCps)} calls/s here (${event.from}); up to ${event.pairs} pairs`;
      case 'taken-over':
        return paint(
          'yellow',
          `  campaign ${plainText(event.campaign)} had been cut short: its changes were put back first`,
        );
      case 'lease-lost':
        return paint('red', `  stopping: ${plainText(event.reason)}`);
      case 'restored':
        return event.complete
          ? '  every setting is back to what it was'
          : paint('red', `  NOT restored: ${event.failures.map(plainText).join('; ')}`);
      case 'campaign-finished':
        return `Finished after ${duration(clock.nowMs() - startMs)}: ${event.verdict}`;
      default:
        return null;
    }
  };

  return {
    recall: (event) => void textOf(event),
    onEvent(event) {
      const text = textOf(event);
      if (text === null) return;
      // Whoever wants to hear nothing must hear this.
      if (options.quiet && event.type === 'restored' && !event.complete)
        io.err(`${stripVTControlCharacters(text).trim()}\n`);
      line(text);
    },
    stop() {
      if (timer) clearInterval(timer);
      if (live) io.err(CLEAR_LINE);
    },
  };
}

function against(
  current: number | undefined,
  { label, metric, value }: { readonly label: string; readonly metric: Metric; readonly value: Interval },
): string {
  if (current === undefined || current === 0 || label === 'current') return '';
  return ` (${isLimit(metric) && isAtLeast(value) ? 'at least ' : ''}${(value.estimate / current).toFixed(2)} × current)`;
}

/** What was seen with settings put back. */
function withoutText({ metric, load, needed }: Extract<CampaignEvent, { type: 'put-back' }>): string {
  const amount = metricText(metric, load);
  if (isLimit(metric)) return `${amount} ${needed ? 'are too much' : 'are carried'}`;
  return needed ? `more than ${amount}` : `${amount} or less`;
}

function planText(plan: LoadPlan): string {
  return plan.shape === 'burst'
    ? `${count(plan.calls)} calls at once${overBase(plan.baseRateCps)}`
    : `${count(plan.rateCps)} calls/s`;
}

/** "4:05", minutes and seconds. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
