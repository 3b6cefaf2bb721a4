// One row for each configuration: how far its measurements scatter, and whether the two can be told apart.
import { mean, quantileSorted, sampleStandardDeviation } from 'simple-statistics';
import type { SeenTrial } from '../../../src/capacity/limit-evidence.ts';
import type { Interval } from '../../../src/stats/interval.ts';

export interface Measurement {
  readonly name: string;
  readonly capacityCps: Interval;
  readonly seconds: number;
  readonly decided: boolean;
  readonly trials: readonly SeenTrial[];
}

export function renderTable(measurements: readonly Measurement[]): string {
  const names = [...new Set(measurements.map(({ name }) => name))];
  const lines = names.map((name) => {
    const own = measurements.filter((one) => one.name === name);
    const rates = own.map(({ capacityCps }) => capacityCps.estimate).sort((a, b) => a - b);
    const seconds = own.map((one) => one.seconds);
    const variation = rates.length < 2 ? Number.NaN : (100 * sampleStandardDeviation(rates)) / mean(rates);
    return [
      name,
      `${rates.length} measurements`,
      `median ${quantileSorted(rates, 0.5).toFixed(0)} calls/s`,
      `(95 % interval of the median ${medianBounds(rates).join(' to ')})`,
      `coefficient of variation ${variation.toFixed(1)} %`,
      `at most ${Math.max(...seconds).toFixed(0)} s, ${mean(seconds).toFixed(0)} s on average`,
    ].join(', ');
  });
  return `${lines.join('\n')}\n`;
}

/**
 * The pair of order statistics that holds the median with at least 95 %, from the binomial distribution; all where there are too
 * few. W. J. Conover, Practical Nonparametric Statistics, 3rd ed. 1999, section 3.2.
 */
function medianBounds(sorted: readonly number[]): readonly [number, number] {
  const n = sorted.length;
  let tail = 0;
  let outside = 0;
  for (let k = 0; k < n / 2; k += 1) {
    tail += binomial(n, k) / 2 ** n;
    if (2 * tail > 0.05) break;
    outside = k;
  }
  return [sorted[outside] as number, sorted[n - 1 - outside] as number];
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i += 1) value = (value * (n - k + i)) / i;
  return value;
}
