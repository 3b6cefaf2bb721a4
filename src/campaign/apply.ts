// Puts a configuration in force: writes what differs, reads each write back, and restarts the router only if it must.
import { knobPath, recreateDefaultLeaves, type WriteOutcome, writeValues } from '../knobs/access.ts';
import { knobByName } from '../knobs/catalogue.ts';
import {
  boundsViolation,
  type ConstraintFacts,
  derivedShmallPages,
  memoryViolation,
  predictedRcvbufBytes,
} from '../knobs/constraints.ts';
import type { Configuration, Knob, KnobValue } from '../knobs/knob.ts';
import { asNumber, sameValue } from '../knobs/knob-value.ts';
import type { RouterProcess, RouterSettings } from '../routers/router.ts';
import type { Host } from '../targets/host.ts';
import { targetOf } from '../targets/originals.ts';
import type { Target } from '../targets/target.ts';
import type { Emit } from './events.ts';
import type { ApplyOutcome } from './test-bed.ts';

export interface ApplyDeps {
  readonly target: Target;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Values of every knob that this campaign may write, as they were before it. */
  readonly current: Configuration;
  readonly constraintFacts: ConstraintFacts;
}

/** Writes before this order matters: host-wide first, then devices, then the router, which reads them at its start. */
export interface Applier {
  apply(configuration: Configuration, reason: string): Promise<ApplyOutcome>;
  /** Restarts the router with the settings in force. */
  restart(): Promise<ApplyOutcome>;
  /** What is in force now, by knob. */
  inForce(): Configuration;
  /** The router's, as of its last start. */
  processes(): readonly RouterProcess[];
}

export function createApplier({ target, emit, signal, current, constraintFacts }: ApplyDeps): Applier {
  // Kernel values are those of `current` until something is written; the router has not been started by us yet.
  const inForce = new Map<string, KnobValue>(Object.entries(current));
  let started = false;
  let processes: readonly RouterProcess[] = [];

  const apply = async (configuration: Configuration, reason: string): Promise<ApplyOutcome> => {
    const outside = refusalOf(configuration, current, constraintFacts);
    if (outside !== null) return { state: 'failed', reason: outside, log: [] };
    const changes = changesTo(configuration, {
      current,
      inForce: Object.fromEntries(inForce),
      pageBytes: target.facts.pageBytes,
    });
    const failure = await write(changes, reason);
    if (failure !== null) return { state: 'failed', reason: failure, log: [] };
    const mustRestart = !started || changes.some(({ knob }) => knob.changeCost === 'restart');
    return mustRestart ? restart() : { state: 'applied', restarted: false };
  };

  const places = { machine: target.machine, routerHost: target.routerHost, device: target.devices[0] };

  /** Why a write failed, or null. All are journalled first, and written in one round trip for each host. */
  const write = async (changes: readonly Change[], reason: string): Promise<string | null> => {
    for (const { knob, to } of changes)
      await emit({
        type: 'write',
        knob: knob.name,
        target: targetOf(knob, places),
        raw: String(to),
        reason,
      });
    const written = new Map<Knob, WriteOutcome>();
    const hosts = new Set(changes.flatMap(({ knob }) => knobPath(knob, places)?.host ?? []));
    for (const host of hosts)
      for (const [knob, outcome] of await writeOn(host, changes)) written.set(knob, outcome);
    let failure: string | null = null;
    for (const { knob, to } of changes) {
      const outcome = await report(knob, String(to), written.get(knob));
      if (outcome === null) inForce.set(knob.name, to);
      else {
        failure ??= outcome;
        // It may have been written all the same: the next configuration writes it again.
        inForce.delete(knob.name);
      }
    }
    return failure;
  };

  const writeOn = async (
    host: Host,
    changes: readonly Change[],
  ): Promise<readonly (readonly [Knob, WriteOutcome])[]> => {
    const here = changes.flatMap(({ knob, to }) => {
      const place = knobPath(knob, places);
      return place?.host === host ? [{ knob, path: place.path, raw: String(to) }] : [];
    });
    const outcomes = await writeValues(host, here);
    return Promise.all(
      here.map(async ({ knob }, index) => {
        const outcome = outcomes[index] ?? { state: 'failed', reason: `${knob.name} was not written` };
        if (knob.access.via !== 'txqueuelen' || outcome.state === 'failed') return [knob, outcome] as const;
        const reason = await recreateDefaultLeaves(host, places.device ?? '');
        return [knob, reason === null ? outcome : ({ state: 'failed', reason } as const)] as const;
      }),
    );
  };

  /** Why it failed, or null. A router setting has no outcome: it takes effect at the restart that follows. */
  const report = async (
    knob: Knob,
    raw: string,
    outcome: WriteOutcome | undefined,
  ): Promise<string | null> => {
    if (knob.access.via === 'router') return null;
    const failed =
      outcome?.state === 'written' ? null : (outcome?.reason ?? `${knob.name} has no place here`);
    const effective = outcome?.state === 'written' ? outcome.effective : null;
    await emit({ type: 'write-result', knob: knob.name, effective, error: failed });
    if (effective !== null && effective !== raw)
      await emit({
        type: 'warning',
        message: `${knob.name}: wrote ${raw}, the kernel made it ${effective}`,
      });
    return failed;
  };

  const restart = async (): Promise<ApplyOutcome> => {
    const settings = settingsFrom(Object.fromEntries(inForce));
    // Until it runs again: what failed leaves no router behind.
    started = false;
    const outcome = await target.router.restart(settings, signal);
    if (outcome.state === 'failed') return outcome;
    started = true;
    processes = outcome.processes;
    const effectiveRcvbufBytes =
      outcome.rcvbufBytes === undefined ? await target.router.effectiveRcvbufBytes() : outcome.rcvbufBytes;
    await emit({
      type: 'router-started',
      settings: { ...settings },
      effectiveRcvbufBytes,
      readyAfterMs: outcome.readyAfterMs,
      pids: outcome.processes.map(({ pid }) => pid),
    });
    await warnOnBuffer(effectiveRcvbufBytes);
    return { state: 'applied', restarted: true };
  };

  /** The buffer that the socket really has is what counts; a prediction that is off by half is worth a word. */
  const warnOnBuffer = async (effective: number | null): Promise<void> => {
    const [rmemDefault, rmemMax, maxbuffer] = [
      'net.core.rmem_default',
      'net.core.rmem_max',
      'router.maxbuffer',
    ].map((name) => asNumber(inForce.get(name)));
    if (effective === null || rmemDefault === undefined || rmemMax === undefined || maxbuffer === undefined)
      return;
    const predicted = predictedRcvbufBytes(rmemDefault, rmemMax, maxbuffer);
    if (effective < predicted / 2.1 || effective > predicted * 2.1)
      await emit({
        type: 'warning',
        message: `the router's receive buffer is ${effective} bytes, where ${predicted} was expected`,
      });
  };

  return { apply, restart, inForce: () => Object.fromEntries(inForce), processes: () => processes };
}

export interface Change {
  readonly knob: Knob;
  readonly from: KnobValue | undefined;
  readonly to: KnobValue;
}

/** What has to be written to get from what is in force to `configuration`; what it does not name goes back to `current`. */
export function changesTo(
  configuration: Configuration,
  now: { readonly current: Configuration; readonly inForce: Configuration; readonly pageBytes: number },
): readonly Change[] {
  const wanted = withDerived({ ...now.current, ...configuration }, now.current, now.pageBytes);
  return Object.entries(wanted).flatMap(([name, to]) => {
    const knob = knobByName(name);
    const from = now.inForce[name];
    return knob === undefined || sameValue(to, from) ? [] : [{ knob, from, to }];
  });
}

/** Names of the router's settings as knobs. */
export const ROUTER_KNOB_OF_SETTING: Readonly<Record<keyof RouterSettings, string>> = {
  workers: 'router.workers',
  maxbufferBytes: 'router.maxbuffer',
  shmMib: 'router.shm',
  pkgMib: 'router.pkg',
  allocator: 'router.allocator',
};

/** The router's settings as a configuration. */
export function configurationOf(settings: Required<RouterSettings>): Configuration {
  return Object.fromEntries(
    Object.entries(ROUTER_KNOB_OF_SETTING).map(([setting, knob]) => [
      knob,
      settings[setting as keyof RouterSettings],
    ]),
  );
}

export function settingsFrom(inForce: Configuration): Required<RouterSettings> {
  const value = (setting: keyof RouterSettings): number => {
    const number = asNumber(inForce[ROUTER_KNOB_OF_SETTING[setting]]);
    if (number === undefined) throw new Error(`no value for the router's ${setting}`);
    return number;
  };
  return {
    workers: value('workers'),
    maxbufferBytes: value('maxbufferBytes'),
    shmMib: value('shmMib'),
    pkgMib: value('pkgMib'),
    allocator: String(inForce['router.allocator']),
  };
}

/** Why a configuration is never written, whoever asks for it, or null. */
export function refusalOf(
  configuration: Configuration,
  current: Configuration,
  facts: ConstraintFacts,
): string | null {
  const changes = changesOnly(configuration, current);
  if (Object.keys(changes).length === 0) return null;
  return boundsViolation(changes) ?? memoryViolation(changes, current, facts);
}

/** What the system already has is not ours to judge: bounds hold for values that siptune would write. */
function changesOnly(configuration: Configuration, current: Configuration): Configuration {
  return Object.fromEntries(
    Object.entries(configuration).filter(([name, value]) => !sameValue(value, current[name])),
  );
}

/** kernel.shmall follows kernel.shmmax, except back to what it was. */
function withDerived(wanted: Configuration, current: Configuration, pageBytes: number): Configuration {
  const shmmax = wanted['kernel.shmmax'];
  const bytes = asNumber(shmmax);
  if (bytes === undefined || !('kernel.shmall' in current) || sameValue(shmmax, current['kernel.shmmax']))
    return wanted;
  return { ...wanted, 'kernel.shmall': derivedShmallPages(bytes, pageBytes) };
}
