// Before the search: a knob whose effect can be read is changed once, and what does not move is left out. What the rules of
// liveness.ts expect of a build or of a kernel is put to the test on the very router that is to be tuned.
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { sameValue } from '../knobs/knob-value.ts';
import { readQueueLimits } from '../knobs/queue-limits.ts';
import { type BufferSpans, bufferProbe, isBufferKnob } from '../knobs/receive-buffer.ts';
import type { Target } from '../targets/target.ts';
import type { Applier } from './apply.ts';
import type { Emit } from './events.ts';
import type { Prepared } from './test-bed.ts';

export interface ProofDeps {
  readonly target: Pick<Target, 'routerHost' | 'devices'> & {
    readonly router: Pick<Target['router'], 'effectiveRcvbufBytes'>;
  };
  readonly applier: Pick<Applier, 'apply'>;
  /** Of the knobs that are in play, and of those that decide with them. */
  readonly buffer: BufferSpans | null;
  readonly current: Configuration;
  /** What does not move is told, and stays. */
  readonly keepInert: boolean;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** What is seen of a knob's effect: the size of the router's receive buffer, or the limits of its device's queues. */
interface Probe {
  readonly knob: KnobInPlay;
  readonly what: string;
  readonly changed: Configuration;
  /** The same without this knob: what it is compared with. */
  readonly base: Configuration;
  readonly read: () => Promise<string | null>;
}

export const PROOF = 'proof that the knob acts here';

/** The knobs that are left, and those that were found to do nothing. The configuration in force afterwards is `current`. */
export async function proveLiveness(
  inPlay: readonly KnobInPlay[],
  deps: ProofDeps,
): Promise<Pick<Prepared, 'inPlay' | 'inert'>> {
  const probes = inPlay.flatMap((knob) => probeOf(knob, deps) ?? []);
  if (probes.length === 0 || deps.signal.aborted) return { inPlay, inert: [] };
  const seen = await look(probes, deps);
  const inert = probes.flatMap((probe) => {
    const reason = reasonOf(probe, seen);
    return reason === null ? [] : [{ knob: probe.knob.knob.name, reason }];
  });
  if (deps.keepInert) {
    for (const { knob, reason } of inert)
      await deps.emit({
        type: 'warning',
        message: `${knob} is kept in play, though it does nothing here: ${reason}`,
      });
    return { inPlay, inert: [] };
  }
  return { inPlay: inPlay.filter(({ knob }) => !inert.some((one) => one.knob === knob.name)), inert };
}

function probeOf(
  inPlay: KnobInPlay,
  { target, buffer, current }: Pick<ProofDeps, 'target' | 'buffer' | 'current'>,
): Probe | null {
  const { name } = inPlay.knob;
  if (isBufferKnob(name) && buffer !== null) {
    const changed = bufferProbe(name, buffer);
    if (changed === null) return null;
    const { [name]: _own, ...base } = changed;
    const read = async () => String((await target.router.effectiveRcvbufBytes()) ?? '') || null;
    return { knob: inPlay, what: "the router's receive buffer", changed, base, read };
  }
  const [device] = target.devices;
  if (name !== 'txqueuelen' || device === undefined) return null;
  const value = sameValue(inPlay.max, current[name]) ? inPlay.min : inPlay.max;
  return {
    knob: inPlay,
    what: `the limit of the queue of ${device}`,
    changed: { [name]: value },
    base: {},
    read: () => readQueueLimits(target.routerHost, device),
  };
}

/** What would be put in force for it, besides `current`; a dry run tells them. */
export function proofConfigurations(
  inPlay: readonly KnobInPlay[],
  deps: Pick<ProofDeps, 'target' | 'buffer' | 'current'>,
): readonly Configuration[] {
  return configurationsOf(inPlay.flatMap((knob) => probeOf(knob, deps) ?? []));
}

function configurationsOf(probes: readonly Probe[]): readonly Configuration[] {
  const wanted = new Map(
    probes.flatMap(({ changed, base }) => [changed, base].map((one) => [keyOf(one), one] as const)),
  );
  wanted.delete(keyOf({}));
  return [...wanted.values()];
}

/** By configuration and by what is read; null where nothing could be read, or the configuration could not be put in force. */
type Seen = ReadonlyMap<string, string | null>;

/** Each configuration once, `current` last, so that nothing is left to be put back. */
async function look(probes: readonly Probe[], { applier, emit, signal }: ProofDeps): Promise<Seen> {
  const seen = new Map<string, string | null>();
  for (const configuration of [...configurationsOf(probes), {}]) {
    const outcome = await applier.apply(configuration, PROOF);
    // The restore puts back what an interruption leaves.
    if (signal.aborted) return new Map();
    if (outcome.state === 'failed') {
      // The baseline comes next, and says what is wrong if it is not the change that was refused.
      await emit({ type: 'warning', message: `${PROOF}: ${outcome.reason}` });
      return new Map();
    }
    for (const probe of probes)
      if ([probe.changed, probe.base].some((one) => keyOf(one) === keyOf(configuration)))
        seen.set(seenKey(probe, configuration), await probe.read().catch(() => null));
  }
  return seen;
}

function reasonOf(probe: Probe, seen: Seen): string | null {
  const [before, after] = [probe.base, probe.changed].map((one) => seen.get(seenKey(probe, one)) ?? null);
  // What cannot be read proves nothing.
  if (before === null || after === null || before !== after) return null;
  const { name } = probe.knob.knob;
  return `set to ${probe.changed[name]}, ${probe.what} stays at ${after}`;
}

function keyOf(configuration: Configuration): string {
  return JSON.stringify(Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function seenKey({ what }: Probe, configuration: Configuration): string {
  return `${what} ${keyOf(configuration)}`;
}
