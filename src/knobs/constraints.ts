// Constraints between knobs: broken ones are repaired, or the configuration is rejected, before a trial is spent.
// Sources: net/core/sock.c and the routers' buffer probes (1), udp_memory_allocated (2), plain arithmetic (3),
// ipc/shm.c (4).
import { knobByName } from './catalogue.ts';
import type { Configuration, KnobValue } from './knob.ts';
import { asNumber } from './knob-value.ts';

export interface ConstraintFacts {
  readonly memoryMib: number;
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

/** Share of RAM that the router's memory and the buffers may take together. */
const MEMORY_SHARE = 0.7;
const MIB = 1024 * 1024;

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
    broken: (value, facts) => {
      const needMib = memoryMib(value, facts);
      const haveMib = Math.floor(facts.memoryMib * MEMORY_SHARE);
      return needMib > haveMib
        ? `the router's memory and buffers would take ${Math.ceil(needMib)} MiB, more than ${haveMib} MiB (70 % of RAM)`
        : null;
    },
    repair: (draft, value, facts) => {
      const excess = memoryMib(value, facts) - facts.memoryMib * MEMORY_SHARE;
      const processes = value('router.workers') + facts.otherProcesses;
      if (draft.has('router.shm'))
        draft.set('router.shm', Math.max(64, Math.floor(value('router.shm') - excess)));
      if (draft.has('router.pkg') && memoryMib(value, facts) > facts.memoryMib * MEMORY_SHARE)
        draft.set('router.pkg', Math.max(4, Math.floor(value('router.pkg') - excess / processes)));
      return 'router memory lowered to fit the machine';
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
 */
export function repairConfiguration(
  configuration: Configuration,
  current: Configuration,
  facts: ConstraintFacts,
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
  const reason = violations(repaired, current, facts)[0] ?? boundsViolation(repaired);
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
export function boundsViolation(configuration: Configuration): string | null {
  for (const [name, raw] of Object.entries(configuration)) {
    const knob = knobByName(name);
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

function memoryMib(value: (name: string) => number, facts: ConstraintFacts): number {
  const processes = value('router.workers') + facts.otherProcesses;
  const buffersMib = (predicted(value) * facts.sockets) / MIB;
  return processes * value('router.pkg') + value('router.shm') + buffersMib;
}

function roundDown(value: number, step: number): number {
  return Math.max(step, Math.floor(value / step) * step);
}
