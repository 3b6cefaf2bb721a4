// Numbers for people: thousands are separated, bytes have the unit that keeps them short, intervals stand in brackets.
import { knobByName } from '../knobs/catalogue.ts';
import type { KnobValue } from '../knobs/knob.ts';
import { MOST_CALLS } from '../load/load.ts';
import { isLimit } from '../scenario/metrics.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { plainText } from './plain-text.ts';

export const METRIC_TITLES: Readonly<Record<Metric, string>> = {
  burstCalls: 'burst (calls at once)',
  capacityCps: 'capacity (calls/s)',
  lossShare: 'loss (% of planned calls)',
  p99SetupMs: 'p99 setup delay (ms)',
  memoryMib: 'memory (MiB)',
};

export const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  burstCalls: 'burst',
  capacityCps: 'capacity',
  lossShare: 'loss',
  p99SetupMs: 'p99 delay',
  memoryMib: 'memory',
};

/** Figures of netperf by their names in result.json. */
export const NETPERF_TITLES: Readonly<Record<string, string>> = {
  udpRrPerS: 'UDP request/response (per s)',
  tcpRrPerS: 'TCP request/response (per s)',
  udpStreamSentMbitPerS: 'UDP stream, sent (Mbit/s)',
  udpStreamReceivedMbitPerS: 'UDP stream, received (Mbit/s)',
  udpStreamLoss: 'UDP stream, lost (share)',
};

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A measurement that ended before it found a load that was too much is a lower bound. */
export function isAtLeast({ high }: Interval): boolean {
  return high >= MOST_CALLS;
}

/** A value of a metric, in the unit of its title. */
export function metricText(metric: Metric, value: number): string {
  if (isLimit(metric) || metric === 'memoryMib') return count(value);
  const shown = metric === 'lossShare' ? value * 100 : value;
  return shown >= 1_000 ? count(shown) : String(Number(shown.toPrecision(shown < 1 ? 2 : 3)));
}

/** A lower bound says so. */
export function intervalText(metric: Metric, interval: Interval | null | undefined): string {
  if (!interval) return 'not measured';
  if (isLimit(metric) && isAtLeast(interval)) return `at least ${count(interval.low)}`;
  const [estimate, low, high] = [interval.estimate, interval.low, interval.high].map((value) =>
    metricText(metric, value),
  );
  return low === high ? `${estimate}` : `${estimate} (${low} – ${high})`;
}

export function ratioText({ estimate, low, high }: Interval): string {
  return `${timesText(estimate)} (${timesText(low)} – ${timesText(high)})`;
}

/** "5.24", and no more digits than say something. */
export function timesText(ratio: number): string {
  return ratio >= 100 ? count(ratio) : ratio.toFixed(2);
}

/** Exact when a unit divides it, otherwise with two digits. */
export function bytes(value: number): string {
  let power = 0;
  let rest = value;
  while (rest >= 1024 && power < UNITS.length - 1) {
    rest /= 1024;
    power += 1;
  }
  return `${Number.isInteger(rest) ? rest : rest.toFixed(2)} ${UNITS[power]}`;
}

/** A knob's value with its unit. */
export function knobText(name: string, value: KnobValue | undefined): string {
  if (value === undefined) return '–';
  const unit = knobByName(name)?.unit;
  if (typeof value === 'number' && unit === 'bytes') return bytes(value);
  const text = typeof value === 'number' ? count(value) : plainText(value);
  return unit && unit !== 'name' ? `${text} ${unit}` : text;
}
