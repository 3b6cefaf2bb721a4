// The generators of a campaign: which pairs of SIPp there may be, on which CPUs, and how many of them a plan takes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GeneratorsElsewhere } from '../capacity/evidence.ts';
import { createFleet, type FleetMember } from '../load/fleet.ts';
import { cpusOfPairs, type PairCpus, pairsFed, pairsNeeded } from '../load/fleet-size.ts';
import type { CallLoad, LoadPlan } from '../load/load.ts';
import { createLoadOverBase } from '../load/over-base.ts';
import { measureProcessLimit } from '../load/process-limit.ts';
import { createSippLoad, type SippDeps } from '../load/sipp.ts';
import { requireSipp } from '../load/sipp-facts.ts';
import type { SippPlace } from '../load/sipp-place.ts';
import { createSippPlaceThere } from '../load/sipp-place-there.ts';
import { shareHeadroom, type WithHeadroom } from '../load/start-together.ts';
import { othersWithCpus } from '../meters/create-meters.ts';
import type { LoadSpec } from '../scenario/scenario.ts';
import { type LimitKey, recallLimit, rememberLimit } from '../store/process-limits.ts';
import { cpuList } from '../targets/cpu-list.ts';
import { MOST_PAIRS } from '../targets/generator-pairs.ts';
import type { GeneratorMachine, GeneratorPair, Target } from '../targets/target.ts';
import { readTargetFacts } from '../targets/target-facts.ts';
import type { Emit } from './events.ts';

export type PlacedPair = Omit<GeneratorPair, 'cpus'> & { readonly cpus: PairCpus };

export interface LineUp {
  /** Those that may take part. */
  readonly pairs: readonly [PlacedPair, ...PlacedPair[]];
  /** One more, for the rate on top of which bursts come; undefined: there is none. */
  readonly base: PlacedPair | undefined;
  /** The scenario says how many; otherwise each plan takes as many as it needs. */
  readonly fixed: boolean;
}

export function lineUp(
  { generators, baseRateCps }: Pick<LoadSpec, 'generators' | 'baseRateCps'>,
  target: Pick<Target, 'caller' | 'callee' | 'pairs' | 'loadCpus'>,
): LineUp {
  const wanted = typeof generators === 'object' ? generators.length : generators;
  const forBase = baseRateCps === undefined ? 0 : 1;
  const fed = pairsFed(cpuList(target.loadCpus).length, MOST_PAIRS);
  const count = wanted ?? Math.max(1, fed - forBase);
  const all = target.pairs ?? [target];
  const [first = { caller: target.caller, callee: target.callee }, ...others] = all.slice(0, count);
  const base = forBase > 0 ? all[count] : undefined;
  const cpusOf = dealCpus([first, ...others, ...(base ? [base] : [])], target.loadCpus);
  const placed = (pair: GeneratorPair): PlacedPair => ({
    ...pair,
    cpus: cpusOf.get(pair) ?? { caller: target.loadCpus, callee: target.loadCpus },
  });
  return {
    pairs: [placed(first), ...others.map(placed)],
    base: base && placed(base),
    fixed: wanted !== undefined,
  };
}

/** CPUs for load are dealt out among the pairs of their machine, except to those that have their own from the scenario. */
function dealCpus(pairs: readonly GeneratorPair[], loadCpus: string): ReadonlyMap<GeneratorPair, PairCpus> {
  const dealt = new Map<GeneratorPair, PairCpus>();
  const groups = new Map<string, GeneratorPair[]>();
  for (const pair of pairs) {
    const { cpus } = pair;
    if (cpus !== undefined) dealt.set(pair, { caller: cpus, callee: cpus });
    // One kernel, one set of CPUs, by whatever way it is reached.
    else groups.set(machineOf(pair), [...(groups.get(machineOf(pair)) ?? []), pair]);
  }
  for (const group of groups.values()) {
    const cpus = cpusOfPairs(group[0]?.machine?.cpus ?? loadCpus, group.length);
    for (const [index, pair] of group.entries()) {
      const own = cpus[index];
      if (own) dealt.set(pair, own);
    }
  }
  return dealt;
}

function machineOf({ machine }: GeneratorPair): string {
  if (machine === undefined || machine.kernel === 'siptune') return '';
  return machine.kernel === 'target' ? `target ${machine.cpus}` : machine.host.label;
}

/** Every pair that sends or answers calls. */
export function everyPair({ pairs, base }: LineUp): LineUp['pairs'] {
  return base ? [...pairs, base] : pairs;
}

/** Which of the pairs run on a machine besides siptune's with CPUs of its own, for the judge of a trial. */
export function generatorsElsewhere(
  line: LineUp,
  { otherMachines = [] }: Pick<Target, 'otherMachines'>,
): readonly GeneratorsElsewhere[] {
  const all = everyPair(line);
  return othersWithCpus(otherMachines).map(({ host, ticks, rivals }) => {
    const own = all.flatMap(({ machine, cpus }, index) =>
      machine?.host.label === host.label ? [{ pair: index + 1, cpus }] : [],
    );
    const cores = new Set(own.flatMap(({ cpus }) => cpuList(`${cpus.caller},${cpus.callee}`)));
    return { label: host.label, pairs: own.map(({ pair }) => pair), cpus: [...cores], ticks, rivals };
  });
}

/** How many of the pairs a plan takes. */
export function sizeOf({ pairs, fixed }: LineUp, limitCps: number | null): (plan: LoadPlan) => number {
  return (plan) => (fixed ? pairs.length : Math.min(pairs.length, pairsNeeded(plan, limitCps)));
}

/** Without its ends and CPUs, which are each pair's own. */
type SharedDeps = Omit<SippDeps, 'caller' | 'callee' | 'cpus' | 'calleeCpus' | 'place'>;

export interface GeneratorsDeps {
  readonly target: Target;
  readonly load: LoadSpec;
  readonly sipp: SharedDeps;
  /** For pairs that reach the target's kernel over SSH, where siptune's machine has another; undefined: as in `sipp`. */
  readonly headroomOnTarget?: WithHeadroom;
  /** Where the limit of one process is remembered. */
  readonly statePath: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** What one pair reaches is measured up to there. */
  readonly mostCps?: number;
}

export async function openGenerators(deps: GeneratorsDeps): Promise<CallLoad> {
  const sipp = { ...deps.sipp, withBufferHeadroom: shareHeadroom(deps.sipp.withBufferHeadroom) };
  const line = lineUp(deps.load, deps.target);
  const onTarget =
    deps.headroomOnTarget === undefined ? sipp.withBufferHeadroom : shareHeadroom(deps.headroomOnTarget);
  const headroom: Readonly<Record<GeneratorMachine['kernel'], WithHeadroom>> = {
    siptune: sipp.withBufferHeadroom,
    target: onTarget,
    own: (start) => start(),
  };
  // One for each machine: it counts its folders.
  const places = new Map<GeneratorMachine, SippPlace>();
  const placeOf = (machine: GeneratorMachine): SippPlace => {
    const place = places.get(machine) ?? createSippPlaceThere(machine.host, machine.workDir, sipp.clock);
    places.set(machine, place);
    return place;
  };
  const sippOn = ({ caller, callee, cpus, machine }: PlacedPair) =>
    createSippLoad({
      ...sipp,
      ...(machine === undefined
        ? {}
        : { place: placeOf(machine), withBufferHeadroom: headroom[machine.kernel] }),
      ...{ caller, callee, cpus: cpus.caller, calleeCpus: cpus.callee },
    });
  const members = line.pairs.map(
    (pair, index): FleetMember => ({
      name: `pair ${index + 1} (${pair.caller.address}:${pair.caller.port}${pair.machine ? ` on ${pair.machine.host.label}` : ''})`,
      pair: index + 1,
      load: sippOn(pair),
    }),
  );
  const limitCps = line.fixed || line.pairs.length === 1 ? null : await processLimit(deps, sipp, line);
  const fleet = createFleet(members, sizeOf(line, limitCps));
  if (!line.base) return fleet;
  const { holdMs } = deps.load;
  return createLoadOverBase({ load: fleet, base: sippOn(line.base), basePair: members.length + 1, holdMs });
}

async function processLimit(deps: GeneratorsDeps, sipp: SharedDeps, line: LineUp): Promise<number | null> {
  const { emit, statePath, signal } = deps;
  const key = await limitKey(deps.target, deps.load);
  const remembered = await recallLimit(statePath, key);
  if (remembered !== null) {
    await emit({ type: 'generators', pairs: line.pairs.length, limitCps: remembered, from: 'remembered' });
    return remembered;
  }
  const measured = await measureLimit(sipp, line, deps);
  if (measured === null) {
    if (!signal.aborted)
      await emit({
        type: 'warning',
        message: `what one SIPp reaches could not be measured: all ${line.pairs.length} pairs that the CPUs can feed are used`,
      });
    return null;
  }
  await rememberLimit(statePath, key, measured, sipp.clock.date()).catch((error: Error) =>
    emit({
      type: 'warning',
      message: `what one SIPp reaches cannot be remembered, and is measured anew by the next campaign: ${error.message}`,
    }),
  );
  await emit({ type: 'generators', pairs: line.pairs.length, limitCps: measured, from: 'measured' });
  return measured;
}

export async function limitKey(target: Target, { flow, transport }: LoadSpec): Promise<LimitKey> {
  const facts = target.sharesKernel ? target.facts : await readTargetFacts(target.generators);
  const { version } = await requireSipp(target.caller.host);
  return {
    cpuModel: facts.cpuModel,
    loadCpus: cpuList(target.loadCpus).length,
    sippVersion: version,
    kernel: facts.kernel,
    flow,
    transport: transport ?? 'udp',
  };
}

/** Both ends at the caller's address, and the one calls the other: the router hears nothing of it. */
async function measureLimit(
  sipp: SharedDeps,
  { pairs: [pair] }: LineUp,
  { signal, mostCps }: Pick<GeneratorsDeps, 'signal' | 'mostCps'>,
): Promise<number | null> {
  const callee = { ...pair.caller, port: pair.callee.port };
  const { arrivals: _evenly, ...rest } = sipp;
  const load = createSippLoad({
    ...rest,
    caller: pair.caller,
    callee,
    routerAddress: callee.address,
    routerPort: callee.port,
    // It takes as many messages, and the answering side knows no REGISTER.
    flow: sipp.flow === 'register' ? 'options' : sipp.flow,
    // Open calls cost memory, not time.
    holdMs: 0,
    cpus: pair.cpus.caller,
    calleeCpus: pair.cpus.callee,
  });
  const rawDir = await mkdtemp(join(tmpdir(), 'siptune-generators-'));
  try {
    return await measureProcessLimit({ load, rawDir, signal, ...(mostCps === undefined ? {} : { mostCps }) });
  } finally {
    await load.close();
    await rm(rawDir, { recursive: true, force: true });
  }
}
