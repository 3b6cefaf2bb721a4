// A generator's sockets need more room than rmem_max and wmem_max may allow: these ceilings are raised while a generator
// makes its sockets, and only then. On the target's own kernel they are those of the configuration under test, which would
// otherwise starve the generator instead of the router; on siptune's they have a way back of their own. On further machines nothing is
// written: there they have to be high enough (generator-machines.ts).
import { sysctlPath, writeValues } from '../knobs/access.ts';
import type { Configuration } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';
import type { Host } from '../targets/host.ts';
import { isOfGenerators, type Original } from '../targets/original.ts';
import type { Target } from '../targets/target.ts';

/** Asked for with SO_RCVBUF and SO_SNDBUF; the kernel doubles it: room for about 6,500 small SIP messages. */
export const GENERATOR_BUFFER_BYTES = 4 * 1024 * 1024;

export const CEILINGS = ['net.core.rmem_max', 'net.core.wmem_max'] as const;

/** The way back of low ceilings on a generators' machine of its own; none where the target's own are used. */
export async function generatorOriginals(target: Target): Promise<readonly Original[]> {
  if (target.sharesKernel) return [];
  const { generators } = target;
  const texts = await generators.readFiles(CEILINGS.map(sysctlPath));
  const today = Object.fromEntries(
    CEILINGS.flatMap((key) => {
      const raw = texts.get(sysctlPath(key))?.trim();
      return raw === undefined ? [] : [[key, raw]];
    }),
  );
  return lowCeilings(today).flatMap((key): Original[] => {
    const raw = today[key];
    if (raw === undefined) return [];
    const place = { via: 'sysctl', key, netns: undefined, machine: 'generators' } as const;
    return [{ knob: key, target: place, raw }];
  });
}

/**
 * Runs `start` with ceilings that are high enough, then puts back the values of the configuration in force, or of the
 * generators' own machine. The originals of both are in the journal before, so a crash in between is undone like any other write.
 */
export function bufferHeadroom(target: Target, inForce: () => Configuration, originals: readonly Original[]) {
  return async <T>(start: () => Promise<T>): Promise<T> => {
    const host = target.sharesKernel ? target.machine : target.generators;
    const low = ceilingsToLift(target, inForce(), originals);
    await write(host, new Map([...low.keys()].map((key) => [key, String(GENERATOR_BUFFER_BYTES)])));
    try {
      return await start();
    } finally {
      await write(host, low);
    }
  };
}

/** By key: what each has to go back to. */
export function ceilingsToLift(
  target: Pick<Target, 'sharesKernel'>,
  inForce: Configuration,
  originals: readonly Original[],
): ReadonlyMap<string, string> {
  if (target.sharesKernel) return new Map(lowCeilings(inForce).map((key) => [key, String(inForce[key])]));
  return new Map(
    originals
      .filter(isOfGenerators)
      .flatMap(({ target: place, raw }) => (place.via === 'sysctl' ? [[place.key, raw]] : [])),
  );
}

/** The ceilings that would starve a generator. */
function lowCeilings(inForce: Configuration): readonly (typeof CEILINGS)[number][] {
  return CEILINGS.filter((key) => (asNumber(inForce[key]) ?? 0) < GENERATOR_BUFFER_BYTES);
}

async function write(host: Host, values: ReadonlyMap<string, string>): Promise<void> {
  if (values.size === 0) return;
  const outcomes = await writeValues(
    host,
    [...values].map(([key, raw]) => ({ path: sysctlPath(key), raw })),
  );
  for (const outcome of outcomes)
    if (outcome.state === 'failed') throw new Error(`generator headroom: ${outcome.reason}`);
}
