// A comparison for a terminal.
import Table from 'cli-table3';
import type { Comparison } from './compare.ts';
import { intervalText, knobText, METRIC_TITLES } from './numbers.ts';
import { plainText } from './plain-text.ts';

export function renderComparison({ sides, notComparable, settings, metrics }: Comparison): string {
  const table = new Table({
    head: ['', ...sides.map(({ id, what }) => `${plainText(id)}\n${what}`)],
    style: { head: [], border: [] },
  });
  for (const { metric, values } of metrics) table.push([METRIC_TITLES[metric], ...values.map(intervalText)]);
  for (const { knob, values } of settings)
    table.push([plainText(knob), ...values.map((value) => knobText(knob, value))]);
  const lines = [
    table.toString(),
    settings.length === 0 ? 'The settings are the same.' : '',
    ...metrics.map(({ metric, beyondNoise }) =>
      beyondNoise.length === 0
        ? `${METRIC_TITLES[metric]}: no difference beyond noise.`
        : beyondNoise
            .map(
              ([a, b]) =>
                `${METRIC_TITLES[metric]}: ${plainText(sides[a]?.id ?? '')} and ${plainText(sides[b]?.id ?? '')} differ beyond noise.`,
            )
            .join('\n'),
    ),
    ...(notComparable.length === 0
      ? []
      : [
          'Not comparable as routers or settings, because they were measured under:',
          ...notComparable.map((what) => `  ${plainText(what)}`),
        ]),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}
