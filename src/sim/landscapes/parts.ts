// What several landscapes have in common: knobs by name, a machine like that of the lab, the usual objective.
import { knobByName } from '../../knobs/catalogue.ts';
import type { ConstraintFacts } from '../../knobs/constraints.ts';
import type { Configuration, KnobInPlay } from '../../knobs/knob.ts';
import type { LimitObjective } from '../../scenario/scenario.ts';
import type { Landscape, SimulatedMachine } from '../landscape.ts';

/** Of the catalogue, with its range or another one. */
export function inPlay(
  name: string,
  range: { readonly min?: number; readonly max?: number } = {},
): KnobInPlay {
  const knob = knobByName(name);
  if (!knob) throw new Error(`${name} is not in the catalogue`);
  return { knob, min: range.min ?? knob.search.min, max: range.max ?? knob.search.max };
}

/** Kamailio's memory managers. */
export function allocatorInPlay(): KnobInPlay {
  const choices = Object.keys(LAB_MACHINE.allocators);
  return { ...inPlay('router.allocator'), min: 0, max: choices.length - 1, choices };
}

/** Fitted to what the lab measured: results/calibration.json and results/lab-capacity.json; test/sim/calibration.test.ts compares. */
export const LAB_MACHINE: SimulatedMachine = {
  cpus: 1,
  callMs: 0.213,
  waitShare: 0.3,
  contention: 0.012,
  // qm keeps books for debugging.
  allocators: { qm: 2.985, fm: 1, tlsf: 1.03 },
  baseDelayMs: 1,
  burstCallsPerMs: 100,
  softirqPacketsPerMs: 300,
};

export const LAB_TODAY: Configuration = {
  'net.core.rmem_default': 212_992,
  'net.core.rmem_max': 4_194_304,
  'net.core.wmem_default': 212_992,
  'net.core.netdev_max_backlog': 1_000,
  txqueuelen: 1_000,
  'router.workers': 8,
  'router.maxbuffer': 262_144,
  'router.shm': 1_024,
  'router.pkg': 8,
  'router.allocator': 'qm',
};

export const LAB_KNOBS: readonly KnobInPlay[] = [
  inPlay('net.core.rmem_default'),
  inPlay('net.core.rmem_max'),
  inPlay('net.core.wmem_default'),
  inPlay('net.core.netdev_max_backlog'),
  inPlay('router.workers'),
  inPlay('router.maxbuffer'),
  inPlay('router.shm', { min: 512, max: 2_048 }),
  inPlay('router.pkg'),
  allocatorInPlay(),
];

export const BURST_OBJECTIVE: LimitObjective = {
  maximise: 'burstCalls',
  guards: [{ metric: 'capacityCps', mayFall: 0.05 }],
  maxLoss: 0.001,
  maxP99SetupMs: 200,
};

export const CAPACITY_OBJECTIVE: LimitObjective = { ...BURST_OBJECTIVE, maximise: 'capacityCps', guards: [] };

export const USUAL_LOAD: Landscape['load'] = { holdMs: 500, warmupMs: 1_500, windowMs: 5_000 };

export const CONSTRAINT_FACTS: ConstraintFacts = {
  memoryMib: 16_384,
  pageBytes: 4_096,
  udpMemBytes: 1_073_741_824,
  shmMmap: true,
  sockets: 1,
  otherProcesses: 16,
};
