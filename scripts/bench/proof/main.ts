// npm run bench:proof: whole campaigns on simulated routers of which the truth is known. How often nothing is sold as an improvement,
// how true the claimed ratios are, and how often their intervals hold the truth. "-- --json" prints the rows; "-- --campaigns N"
// takes another number for each row (null: twice as many), "-- --landscape NAME" and "-- --noise PCT" fewer rows.
import { parseArgs } from 'node:util';
import { LANDSCAPE_NAMES, type LandscapeName } from '../../../src/sim/landscape-names.ts';
import { doAll } from '../pool.ts';
import type { Order, Seen } from './campaign.ts';
import { renderTable, rowsOf } from './rows.ts';

const WORKER = new URL('./worker.ts', import.meta.url);
const NOISE_PCT = [5, 10];
/** Each says whether luck was sold: the more of them, the better that is known. */
const NULL_FACTOR = 2;
const MOST_CAMPAIGNS = 100_000;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    campaigns: { type: 'string', default: '85' },
    landscape: { type: 'string' },
    noise: { type: 'string' },
  },
});
const campaigns = Number(values.campaigns);
const landscapes = LANDSCAPE_NAMES.filter(
  (name) => values.landscape === undefined || name === values.landscape,
);
const noises = values.noise === undefined ? NOISE_PCT : [Number(values.noise)];
if (!Number.isInteger(campaigns) || campaigns < 1 || campaigns > MOST_CAMPAIGNS)
  fail(`--campaigns takes a whole number from 1 to ${MOST_CAMPAIGNS}, not "${values.campaigns}"`);
if (landscapes.length === 0)
  fail(`--landscape takes one of ${LANDSCAPE_NAMES.join(', ')}, not "${values.landscape}"`);
if (noises.some((noise) => !(noise >= 0 && noise <= 100)))
  fail(`--noise takes per cent from 0 to 100, not "${values.noise}"`);

const orders = landscapes.flatMap((landscape) =>
  noises.flatMap((noisePct) =>
    Array.from({ length: countOf(landscape) }, (_, index) => ({ landscape, noisePct, seed: index + 1 })),
  ),
);
const seen = await doAll<Order, Seen>(WORKER, orders, (done) => {
  if (done % 50 === 0 || done === orders.length)
    process.stderr.write(`${done} of ${orders.length} campaigns\n`);
});
const rows = rowsOf(seen);
process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : renderTable(rows));

function countOf(landscape: LandscapeName): number {
  return landscape === 'null' ? campaigns * NULL_FACTOR : campaigns;
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
