// Why a trial says nothing about the router: its generators, the machine or the meters were the limit. Each with its number.
import type { MeterReport } from '../meters/meter.ts';
import { RIVALS, RIVALS_OF_GENERATORS, rivalsIn } from '../meters/rivals.ts';
import type { TrialEvidence } from './evidence.ts';

/** More missing than this means that the hypervisor ran somebody else without calling it steal. */
const MAX_HIDDEN_STEAL_PCT = 10;
const MAX_STEAL_PCT = 5;
const MAX_GENERATOR_CPU_PCT = 90;
/** A process that is none of ours, on a CPU of the router's or of the generators'. */
const MAX_RIVAL_CPU_PCT = 50;
/** Tick and CPU shares are too coarse to judge windows shorter than this. */
export const MIN_WINDOW_FOR_CPU_MS = 2_000;
/** Nor those that were ended, because loss was certain, before this. */
const MIN_ELAPSED_FOR_CPU_MS = 1_000;
/**
 * Time that was taken from a CPU while a short burst was worked off: it is told from none at all from here on. Steal is counted in
 * steps of 10 ms; of hidden steal, rounding and explained moments leave an error of about 30 ms, and in 98 bursts of an undisturbed
 * machine there was never any.
 */
const MAX_STEAL_OF_BURST_MS = 50;
const MAX_HIDDEN_STEAL_OF_BURST_MS = 75;
/** Meters of ticks: the router's machine, and the generators' where that is another one. */
const MACHINES = [
  ['ticks', ''],
  ['ticks-generators', " of the generators' machine"],
] as const;
/** Without these nobody knows whether the machine or a generator spoilt the trial. */
const NEEDED_METERS: readonly string[] = ['ticks', 'ticks-generators', 'sockets'];
/** A look that comes late is made up for by the next; with more than this share missing the window was not watched. */
const MAX_MISSED_SHARE = 1 / 3;

const GENERATOR = 'generator: ';

/** An invalid trial's reason blames the generators, which may simply be asked for too much. */
export function blamesGenerator(reason: string): boolean {
  return reason.startsWith(GENERATOR);
}

/**
 * Why the trial says nothing about the router, or null. A router from which the hypervisor took time can only have looked worse:
 * what it carried all the same, it carries.
 */
export function invalidReason(evidence: TrialEvidence, { carried }: { carried: boolean }): string | null {
  const generator = generatorReason(evidence);
  // A generator that is kept from its CPU is not asked for too much.
  const machine = rivalReason(evidence) ?? (carried ? null : machineReason(evidence));
  if (machine !== null) return generator === null ? machine : `${machine}; ${generator}`;
  if (generator !== null) return `${GENERATOR}${generator}`;
  return missedReason(evidence);
}

/** A burst lasts as long as it takes, and longer on top of a base rate: its meters know. */
function watchedMs({ plan, meters }: TrialEvidence): number {
  return plan.shape === 'steady' ? plan.windowMs : (meters.ticks?.elapsedMs ?? 0);
}

function isLong(evidence: TrialEvidence): boolean {
  return watchedMs(evidence) >= MIN_WINDOW_FOR_CPU_MS;
}

function generatorReason(evidence: TrialEvidence): string | null {
  const { load, meters } = evidence;
  if (load.generatorFaults.length > 0) return load.generatorFaults.join('; ');
  const drops = Math.max(meters.sockets?.generatorDrops ?? 0, meters.offer?.generatorDrops ?? 0);
  if (drops > 0) return `${drops} datagrams dropped at its own sockets`;
  return isLong(evidence) ? generatorCpuReason(evidence) : null;
}

function generatorCpuReason(evidence: TrialEvidence): string | null {
  const { meters, generatorCpus, loadCpus = generatorCpus, otherMachines = [] } = evidence;
  const { processes = {} } = meters;
  const ofPairs = Object.entries(processes).flatMap(([key, cpuPct]) => {
    const [, role = '', pair = ''] = /^(ua[cs])(\d+)CpuPct$/.exec(key) ?? [];
    return role === '' ? [] : [{ who: `${role} of pair ${pair}`, pair: Number(pair), cpuPct }];
  });
  const alone = (['uac', 'uas'] as const).map((role) => ({
    who: role as string,
    pair: 1,
    cpuPct: processes[`${role}CpuPct`] ?? 0,
  }));
  const busiest = (ofPairs.length > 0 ? ofPairs : alone).reduce((a, b) => (b.cpuPct > a.cpuPct ? b : a));
  if (busiest.cpuPct > MAX_GENERATOR_CPU_PCT)
    return `${busiest.who} used ${busiest.cpuPct.toFixed(0)} % of its core`;
  // Several on one core never reach its limit each.
  const elsewhere = new Set(otherMachines.flatMap(({ pairs }) => pairs));
  const machines = [
    { where: '', cores: loadCpus?.length ?? 0, own: ofPairs.filter(({ pair }) => !elsewhere.has(pair)) },
    ...otherMachines.map(({ label, cpus, pairs }) => ({
      where: ` on ${label}`,
      cores: cpus.length,
      own: ofPairs.filter(({ pair }) => pairs.includes(pair)),
    })),
  ];
  for (const { where, cores, own } of machines) {
    const together = own.reduce((sum, { cpuPct }) => sum + cpuPct, 0);
    if (cores > 0 && together > MAX_GENERATOR_CPU_PCT * cores)
      return `its ${own.length} processes${where} used ${together.toFixed(0)} % of ${cores === 1 ? 'their one core' : `their ${cores} cores`}`;
  }
  return null;
}

function rivalReason(evidence: TrialEvidence): string | null {
  const { meters, routerCpus, loadCpus, generatorCpus, otherMachines = [] } = evidence;
  const machines = [
    { meter: RIVALS, whose: '', cpus: [...routerCpus, ...(loadCpus ?? [])] },
    { meter: RIVALS_OF_GENERATORS, whose: " of the generators' machine", cpus: generatorCpus ?? [] },
    ...otherMachines.map(({ rivals = '', label, cpus }) => ({ meter: rivals, whose: ` of ${label}`, cpus })),
  ];
  for (const { meter, whose, cpus } of machines) {
    const worst = rivalsIn(meters[meter] ?? {}).find(
      ({ cpu, cpuPct }) => cpuPct > MAX_RIVAL_CPU_PCT && (cpus.length === 0 || cpus.includes(cpu)),
    );
    if (worst)
      return `another process: ${worst.name} (PID ${worst.pid}) used ${worst.cpuPct.toFixed(0)} % of CPU ${worst.cpu}${whose}`;
  }
  return null;
}

function machineReason(evidence: TrialEvidence): string | null {
  const { plan, meters, otherMachines = [] } = evidence;
  const isBurst = plan.shape === 'burst';
  if (!isBurst && !isLong(evidence)) return null;
  const reasonOf = isBurst && !isLong(evidence) ? takenOfBurst : takenOfWindow;
  const others = otherMachines.flatMap(({ ticks, label }) =>
    ticks === undefined ? [] : [[ticks, ` of ${label}`] as const],
  );
  for (const [meter, whose] of [...MACHINES, ...others]) {
    const reason = reasonOf(meters[meter] ?? {}, whose);
    if (reason !== null) return reason;
  }
  return null;
}

function takenOfWindow(ticks: MeterReport, whose: string): string | null {
  const { elapsedMs = MIN_ELAPSED_FOR_CPU_MS, worstHiddenStealPct = 0, worstStealPct = 0 } = ticks;
  if (elapsedMs < MIN_ELAPSED_FOR_CPU_MS) return null;
  if (worstHiddenStealPct > MAX_HIDDEN_STEAL_PCT)
    return `hidden steal: nothing accounts for ${worstHiddenStealPct.toFixed(0)} % of the time of one CPU${whose}`;
  return worstStealPct > MAX_STEAL_PCT ? `steal: ${worstStealPct.toFixed(1)} % of one CPU${whose}` : null;
}

/** What is watched of a short burst is mostly the wait for what it left behind, so that shares of it say little. */
function takenOfBurst(ticks: MeterReport, whose: string): string | null {
  const { elapsedMs = 0, worstHiddenStealPct = 0, worstStealPct = 0 } = ticks;
  const hiddenMs = (worstHiddenStealPct * elapsedMs) / 100;
  const stealMs = (worstStealPct * elapsedMs) / 100;
  if (hiddenMs > MAX_HIDDEN_STEAL_OF_BURST_MS)
    return `hidden steal: nothing accounts for ${hiddenMs.toFixed(0)} ms of the time of one CPU${whose}`;
  return stealMs > MAX_STEAL_OF_BURST_MS ? `steal: ${stealMs.toFixed(0)} ms of one CPU${whose}` : null;
}

function missedReason(evidence: TrialEvidence): string | null {
  const { plan, meters, otherMachines = [] } = evidence;
  if (plan.shape !== 'burst' && !isLong(evidence)) return null;
  for (const meter of [...NEEDED_METERS, ...otherMachines.flatMap(({ ticks }) => ticks ?? [])]) {
    const missed = meters.sampling?.[`${meter}Missed`] ?? 0;
    const expected = meters.sampling?.[`${meter}Expected`] ?? 0;
    if (expected > 0 && missed / expected > MAX_MISSED_SHARE)
      return `the meter ${meter} missed ${missed} of ${expected} samples`;
  }
  return null;
}
