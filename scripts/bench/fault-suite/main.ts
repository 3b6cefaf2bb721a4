// Runs the faults that were asked for, one after the other, and prints what came of them.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../../src/stats/random.ts';
import { interruptRunning } from './campaign.ts';
import { runChain } from './chain.ts';
import { labNamespaces } from './leftovers.ts';
import { KINDS, type Kind, type Options, PHASES, type Phase, parseOptions } from './options.ts';
import { type Outcome, renderTable, rowOf } from './table.ts';

const options = parseOptions(process.argv.slice(2));
if ('text' in options) {
  (options.status === 0 ? process.stdout : process.stderr).write(`${options.text}\n`);
  process.exit(options.status);
}
if (process.getuid?.() !== 0) {
  process.stderr.write('scripts/bench/faults starts real campaigns, which need root: run it with sudo\n');
  process.exit(2);
}
if (labNamespaces().length > 0) {
  process.stderr.write(
    'the lab is up: somebody uses it, or a campaign was cut short (siptune restore, siptune lab down)\n',
  );
  process.exit(2);
}
// A file that cannot be written must not come to light after the first campaign.
if (options.json !== undefined) appendFileSync(options.json, '');
const outcomes = await runAll(options);
process.stdout.write(renderTable(outcomes));
process.exit(outcomes.some(({ lost }) => lost.length > 0) ? 1 : 0);

async function runAll(options: Options): Promise<readonly Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'siptune-faults-'));
  const random = createRandom(options.seed);
  const chains = planned(options, random);
  const total = chains.reduce((sum, { phases }) => sum + phases.length, 0);
  const done: Outcome[] = [];
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interrupted = true;
      process.stderr.write('ending the campaign that runs\n');
      interruptRunning();
    });
  for (const [index, { kind, phases }] of chains.entries()) {
    const outcomes = runChain({ kind, phases, index, folder, options, random });
    for await (const outcome of outcomes) {
      // What came of it says more about our own interruption than about the fault.
      if (interrupted) break;
      done.push(outcome);
      if (options.json !== undefined) appendFileSync(options.json, rowOf(outcome));
      process.stderr.write(`${done.length}/${total} ${describe(outcome)}\n`);
    }
    if (interrupted) break;
  }
  if (done.every(({ lost }) => lost.length === 0)) rmSync(folder, { recursive: true });
  else process.stderr.write(`what the campaigns said is in ${folder}\n`);
  return done;
}

function describe({ kind, phase, lost, changed, restoredAfterS }: Outcome): string {
  if (lost.length > 0) return `${kind} in ${phase}: LOST: ${lost.join('; ')}`;
  const what = changed ? 'restored' : 'nothing was changed yet; all in place';
  return `${kind} in ${phase}: ${what} after ${restoredAfterS?.toFixed(1)} s`;
}

/** Faults that strike one campaign, in the order of its phases. */
interface Chain {
  readonly kind: Kind;
  readonly phases: readonly Phase[];
}

/** Each phase equally often for each kind; the chains in an order that the seed decides. */
function planned({ counts, phases, perCampaign }: Options, random: () => number): readonly Chain[] {
  return KINDS.flatMap((kind) => {
    // When siptune restores, it has ended router and SIPp itself.
    const possible =
      kind === 'router' || kind === 'sipp' ? phases.filter((phase) => phase !== 'restore') : phases;
    const moments = Array.from(
      { length: counts[kind] },
      (_, n) => possible[n % possible.length] ?? 'prepare',
    );
    const length = kind === 'kill' || kind === 'link' ? perCampaign : 1;
    return Array.from({ length: Math.ceil(moments.length / length) }, (_, n) => ({
      kind,
      phases: moments
        .slice(n * length, (n + 1) * length)
        .sort((a, b) => PHASES.indexOf(a) - PHASES.indexOf(b)),
    }));
  })
    .map((chain) => ({ chain, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ chain }) => chain);
}
