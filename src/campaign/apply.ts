// Puts a configuration in force: writes what differs, reads each write back, and restarts the router only if it must.
import { writeSysctl, writeTxqueuelen } from '../knobs/access.ts';
import { knobByName } from '../knobs/catalogue.ts';
import { boundsViolation, derivedShmallPages, predictedRcvbufBytes } from '../knobs/constraints.ts';
import type { Configuration, Knob, KnobValue } from '../knobs/knob.ts';
import { asNumber, sameValue } from '../knobs/knob-value.ts';
import type { RouterSettings } from '../routers/router.ts';
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
}

/** Writes before this order matters: host-wide first, then devices, then the router, which reads them at its start. */
export interface Applier {
  apply(configuration: Configuration, reason: string): Promise<ApplyOutcome>;
  /** Restarts the router with the settings in force. */
  restart(): Promise<ApplyOutcome>;
  /** What is in force now, by knob. */
  inForce(): Configuration;
}

export function createApplier({ target, emit, signal, current }: ApplyDeps): Applier {
  // Kernel values are those of `current` until something is written; the router has not been started by us yet.
  const inForce = new Map<string, KnobValue>(Object.entries(current));
  let started = false;

  const apply = async (configuration: Configuration, reason: string): Promise<ApplyOutcome> => {
    const outside = boundsViolation(changesOnly(configuration, current));
    if (outside !== null) return { state: 'failed', reason: outside, log: [] };
    const changes = changesTo(configuration, {
      current,
      inForce: Object.fromEntries(inForce),
      pageBytes: target.facts.pageBytes,
    });
    let mustRestart = !started;
    for (const { knob, to } of changes) {
      mustRestart ||= knob.changeCost === 'restart';
      const failure = await write(knob, to, reason);
      if (failure !== null) return { state: 'failed', reason: failure, log: [] };
      inForce.set(knob.name, to);
    }
    return mustRestart ? restart() : { state: 'applied', restarted: false };
  };

  /** The reason why a write failed, or null. A router setting takes effect at the restart that follows. */
  const write = async (knob: Knob, value: KnobValue, reason: string): Promise<string | null> => {
    const places = { machine: target.machine, routerHost: target.routerHost, device: target.devices[0] };
    const raw = String(value);
    await emit({ type: 'write', knob: knob.name, target: targetOf(knob, places), raw, reason });
    if (knob.access.via === 'router') return null;
    const host = knob.scope === 'host' ? target.machine : target.routerHost;
    const outcome =
      knob.access.via === 'sysctl'
        ? await writeSysctl(host, knob.access.key, raw)
        : await writeTxqueuelen(host, places.device ?? '', raw);
    await emit({
      type: 'write-result',
      knob: knob.name,
      effective: outcome.state === 'written' ? outcome.effective : null,
      error: outcome.state === 'failed' ? outcome.reason : null,
    });
    if (outcome.state === 'failed') return outcome.reason;
    if (outcome.effective !== raw)
      await emit({
        type: 'warning',
        message: `${knob.name}: wrote ${raw}, the kernel made it ${outcome.effective}`,
      });
    return null;
  };

  const restart = async (): Promise<ApplyOutcome> => {
    const settings = settingsFrom(Object.fromEntries(inForce));
    const outcome = await target.router.restart(settings, signal);
    if (outcome.state === 'failed') return outcome;
    started = true;
    const effectiveRcvbufBytes = await target.router.effectiveRcvbufBytes();
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

  return { apply, restart, inForce: () => Object.fromEntries(inForce) };
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

/** What the system already has is not ours to judge: bounds hold for values that siptune would write. */
export function changesOnly(configuration: Configuration, current: Configuration): Configuration {
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
