// npm run bench:search: how many seconds of measuring each sampler needs, in the search of a real campaign on simulated routers, until
// its best is truly within 5 % of the optimum; and what is missing when the default budget is spent.
import { parseArgs } from 'node:util';
import { DEFAULT_SAMPLER, SAMPLER_NAMES } from '../../../src/search/sampler-names.ts';
import type { LandscapeName } from '../../../src/sim/landscape-names.ts';
import { doAll } from '../pool.ts';
import { type Answer, type Contestant, type Job, OPTUNA } from './jobs.ts';
import { optunaVersion } from './optuna.ts';
import { type Row, renderTable, rowOf } from './rows.ts';
import { MOST_SECONDS } from './search-once.ts';

const HELP = `npm run bench:search -- [--seeds 100] [--landscape LIST] [--noise LIST] [--sampler LIST] [--json]

Lists are separated by commas. Optuna runs beside ours where a Python has it, and takes some minutes more:
  python3 -m venv optuna && optuna/bin/pip install optuna==5.0.0, then PYTHON=optuna/bin/python npm run bench:search
`;
/** On `null` nothing is better than anything else, so that there is nothing to find. */
const LANDSCAPES: readonly LandscapeName[] = ['article', 'coupled', 'cliff', 'wide'];
const NOISE_PCT = [0, 5, 10, 20];
const SEEDS_A_JOB = 5;
const WORKER = new URL('./worker.ts', import.meta.url);

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '100' },
    landscape: { type: 'string', default: LANDSCAPES.join(',') },
    noise: { type: 'string', default: NOISE_PCT.join(',') },
    sampler: { type: 'string' },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const python = process.env.PYTHON ?? 'python3';
const version = optunaVersion(python);
const seeds = Number(values.seeds);
const landscapes = chosen('landscape', values.landscape, LANDSCAPES);
const noises = chosen('noise', values.noise, NOISE_PCT.map(String)).map(Number);
const usual = version === null ? SAMPLER_NAMES : [...SAMPLER_NAMES, OPTUNA];
const samplers = chosen<Contestant>('sampler', values.sampler ?? usual.join(','), [...SAMPLER_NAMES, OPTUNA]);
if (!Number.isInteger(seeds) || seeds < 1 || seeds > 100_000)
  fail(`--seeds takes a whole number from 1 to 100000, not "${values.seeds}"`);
if (version !== null) process.stderr.write(`Optuna ${version} runs beside (${python})\n`);
else if (samplers.includes(OPTUNA)) fail(`${python} has no Optuna.\n${HELP}`);
else process.stderr.write('Optuna is not there, so nothing runs beside ours; --help says how to get it\n');

const optima = new Map<LandscapeName, number>();
const found = await doAll<Job, Answer>(
  WORKER,
  landscapes.map((landscape) => ({ ask: 'optimum', landscape })),
  () => {},
);
for (const [index, answer] of found.entries())
  if ('optimum' in answer) optima.set(landscapes[index] as LandscapeName, answer.optimum);

const groups = landscapes.flatMap((landscape) => noises.map((noisePct) => ({ landscape, noisePct })));
const perGroup = Math.ceil(seeds / SEEDS_A_JOB);
const jobs = groups.flatMap((group): Job[] =>
  Array.from({ length: perGroup }, (_, part) => ({
    ...{ ask: 'searches' as const, ...group, samplers, python: version === null ? null : python },
    optimum: optima.get(group.landscape) as number,
    seeds: Array.from(
      { length: Math.min(SEEDS_A_JOB, seeds - part * SEEDS_A_JOB) },
      (_, index) => part * SEEDS_A_JOB + index + 1,
    ),
  })),
);
let shownPct = 0;
const answers = await doAll<Job, Answer>(WORKER, jobs, (done) => {
  const pct = Math.floor((done / jobs.length) * 10) * 10;
  if (pct > shownPct)
    process.stderr.write(`${pct} % of ${groups.length * samplers.length * seeds} searches\n`);
  shownPct = Math.max(shownPct, pct);
});
const rows: Row[] = groups.flatMap((group, index) =>
  samplers.map((sampler, k) =>
    rowOf(
      { ...group, sampler: nameOf(sampler), default: sampler === DEFAULT_SAMPLER },
      answers
        .slice(index * perGroup, (index + 1) * perGroup)
        .flatMap((answer) => ('searches' in answer ? (answer.searches[k] ?? []) : [])),
    ),
  ),
);
process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : renderTable(rows, MOST_SECONDS));

/** Optuna's changes from version to version. */
function nameOf(sampler: Contestant): string {
  return sampler === OPTUNA ? `${OPTUNA} ${version}` : sampler;
}

function chosen<Word extends string>(option: string, list: string, allowed: readonly Word[]): Word[] {
  return list.split(',').map((word) => {
    const known = allowed.find((one) => one === word.trim());
    if (known === undefined) fail(`--${option}: "${word}" is not one of ${allowed.join(', ')}`);
    return known as Word;
  });
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
