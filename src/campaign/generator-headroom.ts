// Generators on the target's own kernel share its rmem_max and wmem_max. A configuration under test may lower these, and
// would then starve the generator instead of the router: the ceilings are raised while a generator makes its sockets.
// Generators on another machine have ceilings of their own, which are raised once for the whole campaign.
import { sysctlPath, writeValues } from '../knobs/access.ts';
import type { Configuration } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';
import type { Host } from '../targets/host.ts';
import type { Original } from '../targets/original.ts';
import type { Target } from '../targets/target.ts';

/** Asked for with SO_RCVBUF and SO_SNDBUF; the kernel doubles it: room for about 6,500 small SIP messages. */
export const GENERATOR_BUFFER_BYTES = 4 * 1024 * 1024;

const CEILINGS = ['net.core.rmem_max', 'net.core.wmem_max'] as const;

/** The way back of ceilings on a generators' machine of its own; none where the target's own are used. */
export async function generatorOriginals(target: Target): Promise<readonly Original[]> {
  if (target.sharesKernel) return [];
  const texts = await target.generators.readFiles(CEILINGS.map(sysctlPath));
  return CEILINGS.flatMap((key): Original[] => {
    const raw = texts.get(sysctlPath(key))?.trim();
    return raw === undefined || Number(raw) >= GENERATOR_BUFFER_BYTES
      ? []
      : [
          {
            knob: `${key} (${target.generators.label})`,
            target: { via: 'sysctl', key, netns: undefined, machine: 'generators' },
            raw,
          },
        ];
  });
}

/** Once, after generatorOriginals() are in the journal. */
export async function raiseGeneratorCeilings(target: Target, originals: readonly Original[]): Promise<void> {
  const keys = originals.flatMap(({ target: place }) =>
    place.via === 'sysctl' && place.machine === 'generators' ? [place.key] : [],
  );
  await write(target.generators, new Map(keys.map((key) => [key, String(GENERATOR_BUFFER_BYTES)])));
}

/**
 * Runs `start` with ceilings that are high enough, then puts back the values of the configuration in force. The originals of
 * both are in the journal before (prepare.ts), so a crash in between is undone like any other write.
 */
export function bufferHeadroom(target: Target, inForce: () => Configuration) {
  return async <T>(start: () => Promise<T>): Promise<T> => {
    if (!target.sharesKernel) return start();
    const now = inForce();
    const low = CEILINGS.filter((key) => (asNumber(now[key]) ?? 0) < GENERATOR_BUFFER_BYTES);
    // The generators' machine is the nearer one, and it is the same kernel.
    await write(target.generators, new Map(low.map((key) => [key, String(GENERATOR_BUFFER_BYTES)])));
    try {
      return await start();
    } finally {
      await write(target.generators, new Map(low.map((key) => [key, String(now[key])])));
    }
  };
}

async function write(host: Host, values: ReadonlyMap<string, string>): Promise<void> {
  const outcomes = await writeValues(
    host,
    [...values].map(([key, raw]) => ({ path: sysctlPath(key), raw })),
  );
  for (const outcome of outcomes)
    if (outcome.state === 'failed') throw new Error(`generator headroom: ${outcome.reason}`);
}
