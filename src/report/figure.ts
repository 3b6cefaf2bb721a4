// The campaign as one picture (SVG): what each configuration carries, and loss and delay over the offered load.
import { BarChart, CustomChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { TrialRecord } from '../campaign/events.ts';
import type { Interval } from '../stats/interval.ts';
import type { Result } from '../store/result.ts';
import { overBase } from './load-text.ts';
import { count, intervalText, isAtLeast } from './numbers.ts';
import { plainText } from './plain-text.ts';
import { verdictSentence } from './terminal-report.ts';

echarts.use([
  BarChart,
  CustomChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

const WIDTH = 1_000;
const HEIGHT = 720;
const COLOURS: ReadonlyMap<string, string> = new Map([
  ['current', '#8a8f98'],
  ['winner', '#0a7d4f'],
]);
const CONTENDER_COLOUR = '#c7822b';

type BarMetric = 'burstCalls' | 'capacityCps';

interface Row {
  readonly name: string;
  readonly burstCalls: Interval | null;
  readonly capacityCps: Interval | null;
}

/** `trials` are those of the journal; without them the lower half stays out. */
export function renderFigure(result: Result, trials: readonly TrialRecord[]): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const rows = rowsOf(result);
  const names = (metric: BarMetric) => rows.map((row) => `${row.name}\n${estimateText(row[metric])}`);
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: [
      heading(titleOf(result), 20, 12, 18),
      heading(`Burst: most calls at once${overBase(result.load?.baseRateCps)}, none lost, none late`, 20, 48),
      heading('Capacity: highest steady rate (calls/s)', 520, 48),
      heading('Bursts tried: p99 setup delay (ms) by calls at once', 20, 372),
      heading('Steady rates tried: loss (%) by calls/s', 520, 372),
    ],
    grid: [
      { left: 60, top: 90, width: 400, height: 230 },
      { left: 560, top: 90, width: 400, height: 230 },
      { left: 60, top: 420, width: 400, height: 230 },
      { left: 560, top: 420, width: 400, height: 230 },
    ],
    legend: { bottom: 8, data: ['carried', 'too much'], selectedMode: false },
    xAxis: [
      { gridIndex: 0, type: 'category', data: names('burstCalls') },
      { gridIndex: 1, type: 'category', data: names('capacityCps') },
      { gridIndex: 2, type: 'log', min: 10 },
      { gridIndex: 3, type: 'value', scale: true },
    ],
    yAxis: [
      { gridIndex: 0, type: 'value' },
      { gridIndex: 1, type: 'value' },
      { gridIndex: 2, type: 'value', max: result.objective.maxP99SetupMs * 3 },
      { gridIndex: 3, type: 'value', max: 10 },
    ],
    series: [
      ...barsWithIntervals(rows, 'burstCalls', 0),
      ...barsWithIntervals(rows, 'capacityCps', 1),
      ...trialDots(trials, 'burst', 2, result.objective.maxP99SetupMs),
      ...trialDots(trials, 'steady', 3, result.objective.maxLoss * 100),
    ],
  } as echarts.EChartsCoreOption);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return withTextAlternative(svg, titleOf(result), descriptionOf(result, rows));
}

function titleOf({ target, scenario, verdict }: Result): string {
  return plainText(`${target.router} ${target.routerVersion}, ${scenario}: ${verdict}`);
}

function descriptionOf(result: Result, rows: readonly Row[]): string {
  const numbers = rows.map(
    ({ name, burstCalls, capacityCps }) =>
      `${name}: burst ${intervalText(burstCalls)} calls at once, capacity ${intervalText(capacityCps)} calls/s.`,
  );
  return [verdictSentence(result), ...numbers].join(' ');
}

/** For those who cannot see the picture, as SVG 2 and WAI-ARIA have it. */
function withTextAlternative(svg: string, title: string, description: string): string {
  return svg.replace(/^<svg ([^>]*)>/, (_whole, attributes: string) => {
    const named = `<svg role="img" aria-labelledby="siptune-title siptune-desc" ${attributes}>`;
    return `${named}\n<title id="siptune-title">${xmlText(title)}</title>\n<desc id="siptune-desc">${xmlText(description)}</desc>`;
  });
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function rowsOf(result: Result): readonly Row[] {
  return [
    ...(result.baseline ? [{ name: 'current', ...result.baseline }] : []),
    ...result.contenders.map((contender) => ({ ...contender, name: plainText(contender.name) })),
    ...(result.winner ? [{ name: 'winner', ...result.winner }] : []),
  ];
}

/** Below the bar: a short one has no room for it, and the whisker would cross it. */
function estimateText(interval: Interval | null | undefined): string {
  if (!interval) return 'not measured';
  return `${isAtLeast(interval) ? 'at least ' : ''}${count(interval.estimate)}`;
}

function heading(text: string, left: number, top: number, fontSize = 14) {
  return {
    text,
    left,
    top,
    textStyle: { fontSize, fontWeight: fontSize > 14 ? 'bold' : 'normal', color: '#222222' },
  };
}

function barsWithIntervals(rows: readonly Row[], metric: BarMetric, axis: number) {
  const at = { xAxisIndex: axis, yAxisIndex: axis };
  return [
    {
      type: 'bar',
      ...at,
      barWidth: '45%',
      data: rows.map((row) => ({
        value: row[metric]?.estimate ?? 0,
        itemStyle: { color: COLOURS.get(row.name) ?? CONTENDER_COLOUR },
      })),
    },
    {
      type: 'custom',
      ...at,
      // A whisker from the low to the high bound.
      renderItem: (_params: unknown, api: WhiskerApi) => {
        const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
        const [, high = 0] = api.coord([api.value(0), api.value(2)]);
        const line = (x1: number, y1: number, x2: number, y2: number) => ({
          type: 'line',
          shape: { x1, y1, x2, y2 },
          style: { stroke: '#222222', lineWidth: 1.5 },
        });
        return {
          type: 'group',
          children: [line(x, low, x, high), line(x - 7, low, x + 7, low), line(x - 7, high, x + 7, high)],
        };
      },
      data: rows.flatMap((row, index) => {
        const interval = row[metric];
        if (!interval) return [];
        // A limit that was not met is anywhere above: a whisker to there would leave no room for the bars.
        return [[index, interval.low, isAtLeast(interval) ? interval.estimate : interval.high]];
      }),
      encode: { x: 0, y: [1, 2] },
      z: 10,
    },
  ];
}

interface WhiskerApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): readonly number[];
}

function trialDots(trials: readonly TrialRecord[], shape: 'burst' | 'steady', axis: number, bound: number) {
  const dotsOf = (state: 'carried' | 'overloaded') =>
    trials.flatMap(({ plan, verdict }) => {
      if (verdict.state !== state || plan.shape !== shape) return [];
      if (plan.shape === 'burst') return verdict.setupMs ? [[plan.calls, verdict.setupMs.p99]] : [];
      return [[plan.rateCps, Math.min(10, verdict.loss * 100)]];
    });
  const common = { type: 'scatter', xAxisIndex: axis, yAxisIndex: axis, symbolSize: 7 };
  return [
    { ...common, name: 'carried', itemStyle: { color: '#0a7d4f' }, data: dotsOf('carried') },
    {
      ...common,
      name: 'too much',
      itemStyle: { color: '#c0392b' },
      data: dotsOf('overloaded'),
      markLine: {
        symbol: 'none',
        silent: true,
        lineStyle: { color: '#c0392b', type: 'dashed' },
        label: { formatter: 'bound', position: 'insideEndTop' },
        data: [{ yAxis: bound }],
      },
    },
  ];
}
