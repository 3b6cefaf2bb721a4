// Why a trial says nothing about the router: its generators, the machine or the meters were the limit. Each with its number.
import { rivalsIn } from '../meters/rivals.ts';
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
/** Meters of ticks: the router's machine, and the generators' where that is another one. */
const MACHINES = [
  ['ticks', ''],
  ['ticks-generators', " of the generators' machine"],
] as const;
/** Without these nobody knows whether the machine or a generator spoilt the trial. */
const NEEDED_METERS = ['ticks', 'ticks-generators', 'sockets'] as const;
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

function isLong({ plan }: TrialEvidence): boolean {
  return plan.shape === 'steady' && plan.windowMs >= MIN_WINDOW_FOR_CPU_MS;
}

function generatorReason(evidence: TrialEvidence): string | null {
  const { load, meters } = evidence;
  if (load.generatorFaults.length > 0) return load.generatorFaults.join('; ');
  const drops = Math.max(meters.sockets?.generatorDrops ?? 0, meters.offer?.generatorDrops ?? 0);
  if (drops > 0) return `${drops} datagrams dropped at its own sockets`;
  return isLong(evidence) ? generatorCpuReason(evidence) : null;
}

function generatorCpuReason({ meters: { processes = {} }, loadCpus }: TrialEvidence): string | null {
  const ofPairs = Object.entries(processes).flatMap(([key, cpuPct]) => {
    const [, role = '', pair = ''] = /^(ua[cs])(\d+)CpuPct$/.exec(key) ?? [];
    return role === '' ? [] : [{ who: `${role} of pair ${pair}`, cpuPct }];
  });
  const alone = (['uac', 'uas'] as const).map((role) => ({
    who: role,
    cpuPct: processes[`${role}CpuPct`] ?? 0,
  }));
  const busiest = (ofPairs.length > 0 ? ofPairs : alone).reduce((a, b) => (b.cpuPct > a.cpuPct ? b : a));
  if (busiest.cpuPct > MAX_GENERATOR_CPU_PCT)
    return `${busiest.who} used ${busiest.cpuPct.toFixed(0)} % of its core`;
  // Several on one core never reach its limit each.
  const together = alone.reduce((sum, { cpuPct }) => sum + cpuPct, 0);
  const cores = loadCpus?.length ?? 0;
  return ofPairs.length > 0 && cores > 0 && together > MAX_GENERATOR_CPU_PCT * cores
    ? `its ${ofPairs.length} processes used ${together.toFixed(0)} % of ${cores === 1 ? 'their one core' : `their ${cores} cores`}`
    : null;
}

function rivalReason({ meters, routerCpus, loadCpus }: TrialEvidence): string | null {
  const ours = new Set([...routerCpus, ...(loadCpus ?? [])]);
  const [worst] = rivalsIn(meters.rivals ?? {}).filter(
    ({ cpu, cpuPct }) => cpuPct > MAX_RIVAL_CPU_PCT && (ours.size === 0 || ours.has(cpu)),
  );
  return worst
    ? `another process: ${worst.name} (PID ${worst.pid}) used ${worst.cpuPct.toFixed(0)} % of CPU ${worst.cpu}`
    : null;
}

function machineReason(evidence: TrialEvidence): string | null {
  if (!isLong(evidence)) return null;
  const { meters } = evidence;
  for (const [meter, whose] of MACHINES) {
    if ((meters[meter]?.elapsedMs ?? MIN_ELAPSED_FOR_CPU_MS) < MIN_ELAPSED_FOR_CPU_MS) continue;
    const hidden = meters[meter]?.worstHiddenStealPct ?? 0;
    if (hidden > MAX_HIDDEN_STEAL_PCT)
      return `hidden steal: nothing accounts for ${hidden.toFixed(0)} % of the time of one CPU${whose}`;
    const steal = meters[meter]?.worstStealPct ?? 0;
    if (steal > MAX_STEAL_PCT) return `steal: ${steal.toFixed(1)} % of one CPU${whose}`;
  }
  return null;
}

function missedReason(evidence: TrialEvidence): string | null {
  if (!isLong(evidence)) return null;
  const { meters } = evidence;
  for (const meter of NEEDED_METERS) {
    const missed = meters.sampling?.[`${meter}Missed`] ?? 0;
    const expected = meters.sampling?.[`${meter}Expected`] ?? 0;
    if (expected > 0 && missed / expected > MAX_MISSED_SHARE)
      return `the meter ${meter} missed ${missed} of ${expected} samples`;
  }
  return null;
}
