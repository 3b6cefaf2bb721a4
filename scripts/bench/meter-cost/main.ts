// Pairs of trials, with and without meters, at one rate: what siptune itself used, what a call cost the router, how it went.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../../src/clock.ts';
import { type Bench, openBench } from './bench.ts';
import { measureCapacity } from './capacity.ts';
import { type Pair, renderCapacities, renderPairs } from './table.ts';

const HELP = `scripts/bench/meters [--pairs 10] [--rate 1000] [--window 5] [--capacity]

Offers the same rate in the lab with and without the meters, in turn (A B, B A, …), and prints what each trial saw.
  --pairs   how many (at least 2)
  --rate    calls/s; near the router's capacity a change of it would show
  --window  seconds of each trial that are measured
  --capacity
            searches the router's capacity in each of a pair instead, about 45 s each, and prints their ratio and spread`;

/** A trial that the machine spoilt is repeated this often. */
const ATTEMPTS = 4;

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '10' },
    rate: { type: 'string', default: '1000' },
    window: { type: 'string', default: '5' },
    capacity: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [pairs, rateCps, windowS] = [Number(values.pairs), Number(values.rate), Number(values.window)];
if (values.help || !(pairs >= 2) || !(rateCps >= 1) || !(windowS >= 1)) {
  process.stdout.write(`${HELP}\n`);
  process.exit(values.help ? 0 : 2);
}
if (process.getuid?.() !== 0) {
  process.stderr.write('scripts/bench/meters brings the lab up, which needs root: run it with sudo\n');
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'siptune-meter-cost-'));
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
const bench = await openBench(folder, interrupt.signal);
try {
  process.stdout.write(
    values.capacity
      ? renderCapacities(await inPairs((metered) => measureCapacity(bench, metered, capacityOf(bench))))
      : renderPairs(await measurePairs(bench), windowS),
  );
} finally {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
}

async function measurePairs({ trial }: Bench): Promise<readonly Pair[]> {
  const plan = { shape: 'steady', rateCps, warmupMs: 1_500, windowMs: windowS * 1_000 } as const;
  const sound = async (metered: boolean) => {
    for (let attempt = 1; ; attempt += 1) {
      const seen = await trial(plan, metered);
      if (seen.verdict.state !== 'invalid' || attempt === ATTEMPTS || interrupt.signal.aborted) return seen;
    }
  };
  // The first trial finds everything cold, and is not counted.
  await trial(plan, true);
  return inPairs(sound);
}

function capacityOf({ load }: Bench) {
  const { signal } = interrupt;
  return {
    load: { ...load, warmupMs: 500, windowMs: windowS * 1_000 },
    clock: systemClock,
    signal,
  };
}

/** A B, B A, …: what drifts meets both alike. A pair that is interrupted does not count. */
async function inPairs<T>(
  measured: (metered: boolean) => Promise<T>,
): Promise<readonly { readonly metered: T; readonly bare: T }[]> {
  const done: { metered: T; bare: T }[] = [];
  for (let n = 0; n < pairs && !interrupt.signal.aborted; n += 1) {
    const first = await measured(n % 2 === 0);
    const second = await measured(n % 2 !== 0);
    if (interrupt.signal.aborted) break;
    done.push(n % 2 === 0 ? { metered: first, bare: second } : { metered: second, bare: first });
    process.stderr.write(`pair ${n + 1} of ${pairs}\n`);
  }
  return done;
}
