// The campaign as one picture (SVG): what each configuration carries, and loss and delay over the offered load.
import { BarChart, CustomChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { TrialRecord } from '../campaign/events.ts';
import { isLimit, metricOf } from '../scenario/metrics.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { MeasuredConfiguration, Result } from '../store/result.ts';
import { metricTitle, overBase } from './load-text.ts';
import { count, intervalText, isAtLeast, METRIC_NAMES, metricText } from './numbers.ts';
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

type Row = Pick<MeasuredConfiguration, Metric> & { readonly name: string };

/** `trials` are those of the journal; without them the lower half stays out. */
export function renderFigure(result: Result, trials: readonly TrialRecord[]): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const rows = rowsOf(result);
  const goal = metricOf(result.objective);
  // Where a campaign is about a given rate, that takes the place of the bursts.
  const left: Metric = isLimit(goal) ? 'burstCalls' : goal;
  const names = (metric: Metric) => rows.map((row) => `${row.name}\n${estimateText(metric, row[metric])}`);
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: [
      heading(titleOf(result), 20, 12, 18),
      heading(
        left === 'burstCalls'
          ? `Burst: most calls at once${overBase(result.load?.baseRateCps)}, none lost, none late`
          : metricTitle(left, result),
        20,
        48,
      ),
      heading('Capacity: highest steady rate (calls/s)', 520, 48),
      heading(
        left === 'burstCalls'
          ? 'Bursts tried: p99 setup delay (ms) by calls at once'
          : 'Trials at that rate: p99 setup delay (ms), in their order',
        20,
        372,
      ),
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
      { gridIndex: 0, type: 'category', data: names(left) },
      { gridIndex: 1, type: 'category', data: names('capacityCps') },
      left === 'burstCalls' ? { gridIndex: 2, type: 'log', min: 10 } : { gridIndex: 2, type: 'value' },
      { gridIndex: 3, type: 'value', scale: true },
    ],
    yAxis: [
      { gridIndex: 0, type: 'value' },
      { gridIndex: 1, type: 'value' },
      { gridIndex: 2, type: 'value', max: result.objective.maxP99SetupMs * 3 },
      { gridIndex: 3, type: 'value', max: 10 },
    ],
    series: [
      ...barsWithIntervals(rows, left, 0),
      ...barsWithIntervals(rows, 'capacityCps', 1),
      ...trialDots(trials, {
        dot: left === 'burstCalls' ? burstDot : atRateDot(result),
        axis: 2,
        bound: result.objective.maxP99SetupMs,
      }),
      ...trialDots(trials, { dot: rateDot, axis: 3, bound: result.objective.maxLoss * 100 }),
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
    (row) =>
      `${row.name}: ${goalText(result, row)}capacity ${intervalText('capacityCps', row.capacityCps)} calls/s.`,
  );
  return [verdictSentence(result), ...numbers].join(' ');
}

function goalText(result: Result, row: Row): string {
  const goal = metricOf(result.objective);
  return isLimit(goal)
    ? `burst ${intervalText('burstCalls', row.burstCalls)} calls at once, `
    : `${METRIC_NAMES[goal]} ${intervalText(goal, row[goal])}, `;
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
function estimateText(metric: Metric, interval: Row[Metric]): string {
  if (!interval) return 'not measured';
  return isLimit(metric) && isAtLeast(interval)
    ? `at least ${count(interval.estimate)}`
    : metricText(metric, interval.estimate);
}

function heading(text: string, left: number, top: number, fontSize = 14) {
  return {
    text,
    left,
    top,
    textStyle: { fontSize, fontWeight: fontSize > 14 ? 'bold' : 'normal', color: '#222222' },
  };
}

function barsWithIntervals(rows: readonly Row[], metric: Metric, axis: number) {
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

type Judged = Extract<TrialRecord['verdict'], { readonly plannedCalls: number }>;
/** Where a trial's dot is; null: it has none. */
type Dot = (trial: TrialRecord, verdict: Judged) => readonly [x: number, y: number] | null;

const burstDot: Dot = ({ plan }, { setupMs }) =>
  plan.shape === 'burst' && setupMs ? [plan.calls, setupMs.p99] : null;

const rateDot: Dot = ({ plan }, { loss }) =>
  plan.shape === 'steady' ? [plan.rateCps, Math.min(10, loss * 100)] : null;

const atRateDot =
  ({ objective }: Result): Dot =>
  ({ n, plan }, { setupMs }) =>
    plan.shape === 'steady' && plan.rateCps === objective.atRateCps && setupMs ? [n, setupMs.p99] : null;

function trialDots(
  trials: readonly TrialRecord[],
  { dot, axis, bound }: { readonly dot: Dot; readonly axis: number; readonly bound: number },
) {
  const dotsOf = (state: 'carried' | 'overloaded') =>
    trials.flatMap((trial) => {
      const place = trial.verdict.state === state ? dot(trial, trial.verdict as Judged) : null;
      return place === null ? [] : [place];
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
