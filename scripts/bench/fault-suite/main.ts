// Runs the faults that were asked for, one after the other, and prints what came of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../../src/stats/random.ts';
import { interruptRunning } from './campaign.ts';
import { labNamespaces } from './leftovers.ts';
import { runOne } from './one-fault.ts';
import { KINDS, type Kind, type Options, type Phase, parseOptions } from './options.ts';
import { type Outcome, renderTable } from './table.ts';

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
const outcomes = await runAll(options);
process.stdout.write(renderTable(outcomes));
process.exit(outcomes.some(({ lost }) => lost.length > 0) ? 1 : 0);

async function runAll(options: Options): Promise<readonly Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'siptune-faults-'));
  const random = createRandom(options.seed);
  const faults = planned(options, random);
  const done: Outcome[] = [];
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interrupted = true;
      process.stderr.write('ending the campaign that runs\n');
      interruptRunning();
    });
  for (const [index, { kind, phase }] of faults.entries()) {
    if (interrupted) break;
    process.stderr.write(`${index + 1}/${faults.length} ${kind} in ${phase} … `);
    const outcome = await runOne({ kind, phase, index, folder, options, random });
    // What came of it says more about our own interruption than about the fault.
    if (interrupted) break;
    process.stderr.write(
      outcome.lost.length > 0
        ? `LOST: ${outcome.lost.join('; ')}\n`
        : `restored after ${outcome.restoredAfterS?.toFixed(1)} s\n`,
    );
    done.push(outcome);
  }
  if (done.every(({ lost }) => lost.length === 0)) rmSync(folder, { recursive: true });
  else process.stderr.write(`what the campaigns said is in ${folder}\n`);
  return done;
}

/** Each phase equally often for each kind, in an order that the seed decides. */
function planned({ counts, phases }: Options, random: () => number): readonly { kind: Kind; phase: Phase }[] {
  // When siptune restores, it has ended router and SIPp itself.
  const phasesFor = (kind: Kind) =>
    kind === 'router' || kind === 'sipp' ? phases.filter((phase) => phase !== 'restore') : phases;
  return KINDS.flatMap((kind) =>
    Array.from({ length: counts[kind] }, (_, n) => ({
      kind,
      phase: phasesFor(kind)[n % phasesFor(kind).length] ?? 'prepare',
    })),
  )
    .map((fault) => ({ fault, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ fault }) => fault);
}
