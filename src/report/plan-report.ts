// A plan for a terminal: what is in play, what would be written, how long it takes, and the way back.
import { knobByName } from '../knobs/catalogue.ts';
import type { KnobValue } from '../knobs/knob.ts';
import type { Plan, PlannedKnob, PlannedStep, PlannedWrite } from '../plan/plan.ts';
import { quoteAll } from '../targets/shell-quote.ts';
import { paint, type ReportStyle } from './layout.ts';
import { bytes, count, knobText } from './numbers.ts';
import { plainText } from './plain-text.ts';
import { textBlock } from './text-block.ts';

const MAX_COLUMNS = 100;
/** A range that is cut by less on its logarithmic scale is not worth a word. */
const WORTH_SAYING = 1.1;

/** Words of a command that is said again rather than compared. */
const SHORT_COMMAND = 6;

const PHASE_WORDS: Readonly<Record<Plan['phases'][number]['phase'], string>> = {
  baseline: 'measure what the system has today',
  contenders: 'measure the contenders',
  search: 'search',
  minimise: 'put back what does not pay',
  confirm: 'prove the best against today’s, interleaved',
  restore: 'put everything back, report; and a reserve',
};
const COST_WORDS: Readonly<Record<PlannedKnob['changeCost'], string>> = {
  live: 'at once',
  qdisc: 'queue re-created',
  restart: 'restart',
};

export function renderPlan(plan: Plan, style: ReportStyle): string {
  const columns = Math.min(style.columns, MAX_COLUMNS);
  const title = (text: string) => paint(style, 'bold', text);
  const block = (text: string, indent = '  ', hang = `${indent}  `) =>
    textBlock(plainText(text), columns, indent, hang);
  const section = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? '' : [title(heading), ...lines].join('\n');

  const { target } = plan;
  const sections = [
    [
      title(
        textBlock(`Plan for ${plan.scenario}. Nothing has been written, and nothing was started.`, columns),
      ),
      block(`${target.router} ${target.routerVersion} ${placeOf(target)}.`),
      block(`Wanted: ${plan.objective}.`),
      ...(plan.targetStands
        ? []
        : [block('The lab is not up: what stands here of its inside is what it will have.')]),
    ].join('\n'),
    section(`Knobs in play: ${plan.inPlay.length}`, knobLines(plan.inPlay, block)),
    section(
      'Left out, because they do nothing here',
      plan.inert.map(({ knob, reason }) => block(`${knob}: ${reason}`)),
    ),
    section('Proposals that are made consistent, or not tried', [
      ...plan.constraints.repaired.map(({ what, share }) => block(`${percent(share)} of the space: ${what}`)),
      ...plan.constraints.rejected.map(({ what, share }) => block(`${percent(share)} rejected: ${what}`)),
    ]),
    section(
      'Before the first trial',
      plan.setUp.map((line) => block(line)),
    ),
    section('The first configurations, each from the one before it', stepLines(plan.steps, block)),
    section(
      'The load',
      plan.loads.flatMap(({ what, command }) => [
        block(`${what}:`),
        block(quoteAll(command), '    ', '      '),
      ]),
    ),
    section(`Time: ${minutes(plan.budgetMinutes)}, at most about ${plan.restarts} restarts of the router`, [
      ...plan.phases.map(
        ({ phase, minutes: long, trials }) =>
          `  ${minutes(long).padStart(9)}  ${PHASE_WORDS[phase]}${trials === 0 ? '' : `, up to ${trials} trials`}`,
      ),
    ]),
    section('Put back at the end, also after a crash (siptune restore)', wayBackLines(plan.wayBack, block)),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function placeOf({ host, cpus, cpu, kernel, simulated }: Plan['target']): string {
  if (simulated) return `in ${host}, noise ${simulated.noisePct} %: nothing of it is real`;
  return `${host === 'lab' ? 'in the lab' : `on ${host}`}, ${cpus} × ${cpu}, Linux ${kernel}`;
}

type Block = (text: string, indent?: string, hang?: string) => string;

function knobLines(knobs: readonly PlannedKnob[], block: Block): readonly string[] {
  const rows = knobs.map(({ knob, today, min, max, choices, changeCost }) => [
    knob,
    knobText(knob, today ?? undefined),
    choices === null ? rangeText(knob, min, max) : choices.join(', '),
    COST_WORDS[changeCost],
  ]);
  const lines = columnsOf([['', 'today', 'search', 'a change'], ...rows]);
  return [
    ...lines.map((line) => `  ${line}`),
    ...knobs
      .filter(({ min, max, reaches }) => reaches.min > min * WORTH_SAYING || reaches.max * WORTH_SAYING < max)
      .map(({ knob, reaches }) =>
        block(
          `${knob}: consistent configurations reach ${knobText(knob, reaches.min)} to ${knobText(knob, reaches.max)}`,
        ),
      ),
  ];
}

function stepLines(steps: readonly PlannedStep[], block: Block): readonly string[] {
  const [first] = steps;
  return steps.flatMap((step, index) => [
    block(`${step.label}${step.from === '' ? '' : ` (${step.from})`}`),
    ...(step.refusal === null ? [] : [block(`REFUSED: ${step.refusal}`, '    ')]),
    ...step.remarks.map((remark) => block(`inconsistent, and measured as it stands: ${remark}`, '    ')),
    ...(step.writes.length === 0 && step.refusal === null ? ['    nothing to write'] : []),
    ...step.writes.map((write) => block(writeText(write), '    ')),
    ...(step.lifted.length === 0
      ? []
      : [
          block(
            `while a generator opens its sockets, then back: ${step.lifted.map(writeText).join('; ')}`,
            '    ',
          ),
        ]),
    ...step.files.map(({ path, what }) => block(`write ${path}: ${what}`, '    ')),
    ...(step.restart
      ? [block(index === 0 ? `run ${quoteAll(step.command)}` : againText(first, step), '    ', '      ')]
      : ['    no restart']),
  ]);
}

/** A sysctl's file says its name already. */
function writeText({ knob, from, to, where }: PlannedWrite): string {
  const change = `${from ?? 'unknown'} → ${to}${inUnits(knob, to)}`;
  return where.startsWith('/proc/sys/') ? `${where}: ${change}` : `${knob}: ${change}, ${where}`;
}

/** Bytes are written in full; beside them stands what people read. */
function inUnits(knob: string, value: KnobValue): string {
  return typeof value === 'number' && knobByName(knob)?.unit === 'bytes' ? ` (${bytes(value)})` : '';
}

/** The command of a later start, told by what differs from the first. */
function againText(first: PlannedStep | undefined, { command }: PlannedStep): string {
  if (command.length <= SHORT_COMMAND) return `run ${quoteAll(command)}`;
  const before = first?.command ?? [];
  const differing = command.flatMap((word, index) => {
    if (word === before[index]) return [];
    const option = command[index - 1];
    return [option?.startsWith('-') ? `${option} ${word}` : word];
  });
  return differing.length === 0
    ? 'restart the router, with the same command'
    : `restart the router, with ${quoteAll(differing.flatMap((words) => words.split(' ')))}`;
}

function rangeText(knob: string, min: number, max: number): string {
  const [low, high] = [knobText(knob, min), knobText(knob, max)];
  const unit = high.slice(high.indexOf(' '));
  return `${low.endsWith(unit) ? low.slice(0, -unit.length) : low} – ${high}`;
}

function wayBackLines(wayBack: Plan['wayBack'], block: Block): readonly string[] {
  return wayBack.map(({ what, value, how }) =>
    block(how === '' ? `${what} = ${value}` : `${what} = ${value} (${how})`),
  );
}

/** Rows as aligned columns; the last one is not padded. */
function columnsOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  '),
  );
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? 'under 1 %' : `${count(share * 100)} %`;
}

function minutes(value: number): string {
  return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : count(value)} min`;
}
