// A comparison for a terminal.

import type { Metric } from '../scenario/scenario.ts';
import type { ComparedMetric, ComparedValue, Comparison, Judgement } from './compare.ts';
import { paint, paragraph, type ReportStyle, table } from './layout.ts';
import { intervalText, knobText, METRIC_TITLES } from './numbers.ts';
import { plainText } from './plain-text.ts';

export function renderComparison(
  { sides, notComparable, settings, metrics }: Comparison,
  style: ReportStyle,
): string {
  const names = sides.map(({ id }) => plainText(id));
  const head = ['', ...sides.map(({ what }, index) => `${names[index]}\n${what}`)];
  const rows = [
    ...metrics.map(({ metric, values }) => [
      METRIC_TITLES[metric],
      ...values.map((value) => valueText(metric, value)),
    ]),
    ...settings.map(({ knob, values }) => [
      plainText(knob),
      ...values.map((value) => knobText(knob, value ?? undefined)),
    ]),
  ];
  const searched = metrics.some(({ values }) => values.some(({ basis }) => basis === 'search'));
  const line = (text: string, indent = '') => paragraph(text, style.columns, indent);
  const sections = [
    notComparable.length === 0
      ? ''
      : [
          paint(
            style,
            'bold',
            line('Not comparable, because they were measured under different conditions:'),
          ),
          ...notComparable.map((what) => line(plainText(what), '  ')),
        ].join('\n'),
    table(style, head, rows),
    [
      ...(settings.length === 0 ? ['The settings are the same.'] : []),
      ...(searched ? [line('* where a search ended, not a confidence interval')] : []),
      ...metrics.flatMap((metric) => judgements(metric, names).map((text) => line(text))),
    ].join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function valueText(metric: Metric, { interval, basis }: ComparedValue): string {
  return `${intervalText(metric, interval)}${basis === 'search' ? ' *' : ''}`;
}

const JUDGEMENTS: Readonly<Record<Judgement, string>> = {
  'beyond-noise': 'they differ beyond noise',
  'within-noise': 'no difference beyond noise',
  'cannot-tell': 'cannot tell',
};

function judgements({ metric, differences }: ComparedMetric, names: readonly string[]): readonly string[] {
  return differences.map(({ sides: [a, b], judgement, why }) => {
    const two = names.length > 2 ? `${names[a]} and ${names[b]}: ` : '';
    return `${METRIC_TITLES[metric]}: ${two}${JUDGEMENTS[judgement]} (${why}).`;
  });
}
