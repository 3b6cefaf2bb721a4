// Numbers for people: thousands are separated, bytes have the unit that keeps them short, intervals stand in brackets.
import { knobByName } from '../knobs/catalogue.ts';
import type { KnobValue } from '../knobs/knob.ts';
import { MOST_CALLS } from '../load/load.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { plainText } from './plain-text.ts';

export const METRIC_TITLES: Readonly<Record<Metric, string>> = {
  burstCalls: 'burst (calls at once)',
  capacityCps: 'capacity (calls/s)',
};

export const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  burstCalls: 'burst',
  capacityCps: 'capacity',
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

/** A lower bound says so. */
export function intervalText(interval: Interval | null | undefined): string {
  if (!interval) return 'not measured';
  if (isAtLeast(interval)) return `at least ${count(interval.low)}`;
  return `${count(interval.estimate)} (${count(interval.low)} – ${count(interval.high)})`;
}

export function ratioText({ estimate, low, high }: Interval): string {
  return `${estimate.toFixed(2)} (${low.toFixed(2)} – ${high.toFixed(2)})`;
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
