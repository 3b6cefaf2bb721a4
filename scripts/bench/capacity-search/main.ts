// npm run bench:capacity: how well siptune's capacity search finds a capacity that is known, and in how many seconds of trials,
// beside bisections, on simulated routers. "-- --json" prints the rows; "-- --seeds N" takes another number of routers.
import { parseArgs } from 'node:util';
import { createRandom } from '../../../src/stats/random.ts';
import { createGround, type Ground } from './ground.ts';
import { bisections, FOUND_WITHIN, type Found, measureBySiptune } from './methods.ts';
import { type Row, renderTable, rowOf } from './rows.ts';

const NOISE_PCT = [0, 5, 10, 20];
const SHORT_MS = 5_000;
const LONG_MS = 60_000;
/** Whole bisections that are averaged, at most, until they err as little as siptune. */
const MOST_SHORT = 16;
const MOST_LONG = 2;
/** What is taken as seldom enough to be optimistic, pct of routers. */
const SELDOM_PCT = 5;

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seeds: { type: 'string', default: '200' } },
});
const seeds = Number(values.seeds);
if (!Number.isInteger(seeds) || seeds < 1 || seeds > 100_000) {
  process.stderr.write(`--seeds takes a whole number from 1 to 100000, not "${values.seeds}"\n`);
  process.exit(2);
}

const row = (method: string, noisePct: number, found: readonly Found[]) =>
  rowOf(method, noisePct, found, FOUND_WITHIN);
const rows: Row[] = [];
for (const noisePct of NOISE_PCT) {
  process.stderr.write(`noise ${noisePct} %: ${seeds} routers …\n`);
  const grounds = Array.from({ length: seeds }, (_, index) => createGround(index + 1, noisePct / 100));
  const ours = row(
    'siptune',
    noisePct,
    await inTurn(grounds, (ground) => measureBySiptune(ground, SHORT_MS)),
  );
  const short = await inTurn(grounds, async (ground) => bisections(ground, SHORT_MS, MOST_SHORT));
  const long = await inTurn(grounds, async (ground) => bisections(ground, LONG_MS, MOST_LONG));
  rows.push(
    ours,
    row('bisection, 5 s trials', noisePct, short.map(first)),
    row('bisection, 60 s trials', noisePct, long.map(first)),
    ...asGoodAs(ours, '5 s', short),
    ...asGoodAs(ours, '60 s', long),
  );
}
process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : renderTable(rows, FOUND_WITHIN));

function first(means: readonly Found[]): Found {
  return means[0] as Found;
}

async function inTurn<T>(grounds: readonly Ground[], measure: (ground: Ground) => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  for (const ground of grounds) found.push(await measure({ ...ground, random: createRandom(ground.seed) }));
  return found;
}

/** The fewest bisections whose mean errs as little as siptune, and is as seldom optimistic; none where even the most do not. */
function asGoodAs(ours: Row, trials: string, averaged: readonly (readonly Found[])[]): readonly Row[] {
  for (let n = 0; n < (averaged[0]?.length ?? 0); n += 1) {
    const averagedRow = row(
      `bisection, ${trials} trials, mean of ${n + 1}: as good as siptune`,
      ours.noisePct,
      averaged.map((means) => means[n] as Found),
    );
    if (
      averagedRow.medianErrorPct <= ours.medianErrorPct &&
      averagedRow.optimisticPct <= Math.max(SELDOM_PCT, ours.optimisticPct)
    )
      return [averagedRow];
  }
  return [];
}
