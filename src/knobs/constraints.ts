// Constraints between knobs: broken ones are repaired, or the configuration is rejected, before a trial is spent.
// Sources: net/core/sock.c and the routers' buffer probes (1), udp_memory_allocated (2), plain arithmetic (3),
// ipc/shm.c (4). What would take more memory than there is, is never written, whoever asks for it.
import { knobByName } from './catalogue.ts';
import type { Configuration, Knob, KnobValue } from './knob.ts';
import { asNumber } from './knob-value.ts';

export interface ConstraintFacts {
  readonly memoryMib: number;
  /** What programs could still have had before the campaign (MemAvailable); undefined where nobody can tell. */
  readonly availableMib?: number;
  /** Each has a backlog of its own; undefined in journals of old. */
  readonly cpus?: number;
  /** What the system has, also of knobs that the scenario does not name. */
  readonly today?: Configuration;
  readonly pageBytes: number;
  /** Third value of net.ipv4.udp_mem, in bytes: what all UDP sockets together may hold. */
  readonly udpMemBytes: number;
  /** The router maps its shared memory: kernel.shmmax does not bound it. */
  readonly shmMmap: boolean;
  /** UDP sockets of the router. */
  readonly sockets: number;
  /** Processes of the router besides its UDP workers (timers, main, control). */
  readonly otherProcesses: number;
}

export type RepairOutcome =
  | { readonly state: 'valid'; readonly configuration: Configuration; readonly repairs: readonly string[] }
  | { readonly state: 'rejected'; readonly reason: string };

/** Share of the memory that the router and the kernel's queues may take together: generators and the system need the rest. */
const MEMORY_SHARE = 0.7;
/** What a SIP message costs while it waits in the kernel (its buffer's truesize). */
const PACKET_BYTES = 2304;
const MIB = 1024 * 1024;
const BACKLOG = 'net.core.netdev_max_backlog';

/**
 * The receive buffer that the router's socket ends up with, bytes, as `ss -uanm` shows it (`rb`).
 * The routers raise SO_RCVBUF up to maxbuffer, and the kernel caps the request at rmem_max and doubles it;
 * a default that is already larger is left as it is.
 */
export function predictedRcvbufBytes(rmemDefault: number, rmemMax: number, maxbuffer: number): number {
  return rmemDefault < maxbuffer ? Math.max(rmemDefault, 2 * Math.min(maxbuffer, rmemMax)) : rmemDefault;
}

type Draft = Map<string, KnobValue>;

interface Constraint {
  /** What is wrong with these values, or null. */
  readonly broken: (value: (name: string) => number, facts: ConstraintFacts) => string | null;
  /** Changes some of the values in play; what it did, for the log. */
  readonly repair: (draft: Draft, value: (name: string) => number, facts: ConstraintFacts) => string;
}

const CONSTRAINTS: readonly Constraint[] = [
  {
    broken: (value) =>
      value('router.maxbuffer') > value('net.core.rmem_max')
        ? `router.maxbuffer ${value('router.maxbuffer')} is above net.core.rmem_max ${value('net.core.rmem_max')}: the kernel would cap the request`
        : null,
    repair: (draft, value) => {
      if (draft.has('net.core.rmem_max')) draft.set('net.core.rmem_max', value('router.maxbuffer'));
      else draft.set('router.maxbuffer', value('net.core.rmem_max'));
      return 'net.core.rmem_max raised to router.maxbuffer';
    },
  },
  {
    broken: (value) =>
      value('net.core.rmem_default') >= value('router.maxbuffer')
        ? `net.core.rmem_default ${value('net.core.rmem_default')} is not below router.maxbuffer ${value('router.maxbuffer')}: the router would not ask for a buffer at all`
        : null,
    repair: (draft, value) => {
      if (draft.has('net.core.rmem_default')) {
        draft.set('net.core.rmem_default', roundDown(value('router.maxbuffer') / 2, 4096));
        return 'net.core.rmem_default lowered below router.maxbuffer';
      }
      draft.set('router.maxbuffer', value('net.core.rmem_default') * 2);
      return 'router.maxbuffer raised above net.core.rmem_default';
    },
  },
  {
    broken: (value, facts) => {
      const rcvbuf = predicted(value);
      return rcvbuf * facts.sockets > facts.udpMemBytes
        ? `${facts.sockets} receive buffers of ${rcvbuf} bytes are more than net.ipv4.udp_mem allows (${facts.udpMemBytes} bytes)`
        : null;
    },
    repair: (draft, _value, facts) => {
      const most = roundDown(facts.udpMemBytes / facts.sockets / 2, 4096);
      for (const name of ['router.maxbuffer', 'net.core.rmem_max', 'net.core.rmem_default'])
        if (draft.has(name)) draft.set(name, Math.min(Number(draft.get(name)), most));
      return 'receive buffer lowered to fit net.ipv4.udp_mem';
    },
  },
  {
    broken: memoryExcess,
    repair: (draft, value, facts) => {
      const excessMib = () => memoryOf(value, facts) - mostMib(facts);
      const processes = value('router.workers') + facts.otherProcesses;
      const excess = excessMib();
      if (draft.has('router.shm'))
        draft.set('router.shm', Math.max(64, Math.floor(value('router.shm') - excess)));
      if (draft.has('router.pkg') && excessMib() > 0)
        draft.set('router.pkg', Math.max(4, Math.floor(value('router.pkg') - excess / processes)));
      if (draft.has(BACKLOG) && excessMib() > 0) {
        const packets = (excessMib() * MIB) / (PACKET_BYTES * (facts.cpus ?? 1));
        draft.set(BACKLOG, Math.max(1_000, Math.floor(value(BACKLOG) - packets)));
      }
      return 'memory of the router and the backlog lowered to fit the machine';
    },
  },
  {
    broken: (value, facts) =>
      !facts.shmMmap && value('kernel.shmmax') < value('router.shm') * MIB
        ? `kernel.shmmax ${value('kernel.shmmax')} is below the router's -m of ${value('router.shm')} MiB`
        : null,
    repair: (draft, value) => {
      if (draft.has('kernel.shmmax')) {
        draft.set('kernel.shmmax', value('router.shm') * MIB);
        return 'kernel.shmmax raised to the router’s -m';
      }
      draft.set('router.shm', Math.floor(value('kernel.shmmax') / MIB));
      return 'router.shm lowered to kernel.shmmax';
    },
  },
];

/**
 * Makes `configuration` (values of the knobs in play) consistent, given what the system has for all others.
 * Only knobs in play are changed. Hard bounds of the catalogue are checked last and never bent.
 * `simulated`: knobs that no catalogue has, because only a simulated router does.
 */
export function repairConfiguration(
  configuration: Configuration,
  current: Configuration,
  facts: ConstraintFacts,
  simulated: readonly Knob[] = [],
): RepairOutcome {
  const draft: Draft = new Map(Object.entries(configuration));
  const value = (name: string): number => asNumber(draft.get(name) ?? current[name]) ?? Number.NaN;
  const repairs: string[] = [];
  for (const constraint of CONSTRAINTS) {
    if (constraint.broken(value, facts) === null) continue;
    const before = JSON.stringify([...draft]);
    const inPlayBefore = draft.size;
    const attempt: Draft = new Map(draft);
    const what = constraint.repair(attempt, value, facts);
    if (attempt.size > inPlayBefore)
      return { state: 'rejected', reason: constraint.broken(value, facts) ?? what };
    draft.clear();
    for (const [name, repaired] of attempt) draft.set(name, repaired);
    if (JSON.stringify([...draft]) !== before) repairs.push(what);
  }
  const repaired = Object.fromEntries(draft);
  const reason = violations(repaired, current, facts)[0] ?? boundsViolation(repaired, simulated);
  return reason === undefined || reason === null
    ? { state: 'valid', configuration: repaired, repairs }
    : { state: 'rejected', reason };
}

/** What is inconsistent in a configuration that nobody may repair (a contender is measured as it stands). */
export function violations(
  configuration: Configuration,
  current: Configuration,
  facts: ConstraintFacts,
): readonly string[] {
  const value = (name: string): number => asNumber(configuration[name] ?? current[name]) ?? Number.NaN;
  return CONSTRAINTS.map((constraint) => constraint.broken(value, facts)).filter((reason) => reason !== null);
}

/** The first value outside the catalogue's hard bounds, as a sentence, or null. */
export function boundsViolation(
  configuration: Configuration,
  simulated: readonly Knob[] = [],
): string | null {
  const own = byName(simulated);
  for (const [name, raw] of Object.entries(configuration)) {
    const knob = knobByName(name) ?? own.get(name);
    if (!knob) return `${name} is not in the catalogue: siptune never writes it`;
    if (knob.choices) {
      if (knob.choices.includes(String(raw))) continue;
      return `${name} = ${raw} is not one of ${knob.choices.join(', ')}`;
    }
    const value = asNumber(raw);
    if (value === undefined || value < knob.bounds.min || value > knob.bounds.max)
      return `${name} = ${raw} is outside its hard bounds of ${knob.bounds.min} to ${knob.bounds.max} ${knob.unit}`;
  }
  return null;
}

/** Asked for the same ones again and again. */
const byNameOf = new WeakMap<readonly Knob[], ReadonlyMap<string, Knob>>();

function byName(knobs: readonly Knob[]): ReadonlyMap<string, Knob> {
  const known = byNameOf.get(knobs) ?? new Map(knobs.map((knob) => [knob.name, knob]));
  byNameOf.set(knobs, known);
  return known;
}

/** kernel.shmall counts pages and must cover kernel.shmmax. */
export function derivedShmallPages(shmmaxBytes: number, pageBytes: number): number {
  return Math.ceil(shmmaxBytes / pageBytes);
}

function predicted(value: (name: string) => number): number {
  return predictedRcvbufBytes(
    value('net.core.rmem_default'),
    value('net.core.rmem_max'),
    value('router.maxbuffer'),
  );
}

/** Why a configuration, put in force over `current`, must not be written at all, as a sentence, or null. */
export function memoryViolation(
  configuration: Configuration,
  current: Configuration,
  facts: ConstraintFacts,
): string | null {
  return memoryExcess((name) => asNumber(configuration[name] ?? current[name]) ?? Number.NaN, facts);
}

/** What takes no more than what runs today is fine: it fits, as one sees. */
function memoryExcess(value: (name: string) => number, facts: ConstraintFacts): string | null {
  const need = memoryOf(value, facts);
  const most = mostMib(facts);
  if (need <= most) return null;
  const of =
    facts.availableMib === undefined
      ? `the machine's ${facts.memoryMib} MiB`
      : `the ${facts.availableMib} MiB that were available before the campaign`;
  return (
    `the router's memory, its receive buffer and the backlog would take ${Math.ceil(need)} MiB, more than ${Math.floor(most)} MiB ` +
    `(70 % of ${of}): lower router.shm, router.pkg, router.workers or ${BACKLOG}`
  );
}

function mostMib(facts: ConstraintFacts): number {
  const todayMib = facts.today === undefined ? 0 : memoryOf(() => Number.NaN, facts);
  return Math.max((facts.availableMib ?? facts.memoryMib) * MEMORY_SHARE, todayMib);
}

/** What memoryMib follows from, besides the queues. */
export const MEMORY_KNOBS: readonly string[] = ['router.shm', 'router.pkg', 'router.workers'];

/** What the router and the queues before it may take at most, MiB. */
export function memoryMib(configuration: Configuration, facts: ConstraintFacts): number {
  return memoryOf((name) => asNumber(configuration[name]) ?? Number.NaN, facts);
}

function memoryOf(given: (name: string) => number, facts: ConstraintFacts): number {
  // One that is not known must not make the sum unknown: nothing would be too much then.
  const value = (name: string): number => {
    const known = given(name);
    return Number.isNaN(known) ? (asNumber(facts.today?.[name]) ?? 0) : known;
  };
  const processes = value('router.workers') + facts.otherProcesses;
  const queuesBytes = predicted(value) * facts.sockets + value(BACKLOG) * PACKET_BYTES * (facts.cpus ?? 1);
  return processes * value('router.pkg') + value('router.shm') + queuesBytes / MIB;
}

function roundDown(value: number, step: number): number {
  return Math.max(step, Math.floor(value / step) * step);
}
