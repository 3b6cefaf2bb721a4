// Generators on the target's own kernel share its rmem_max and wmem_max. A configuration under test may lower these, and
// would then starve the generator instead of the router: the ceilings are raised while a generator makes its sockets.
import { sysctlPath, writeSysctl } from '../knobs/access.ts';
import type { Configuration } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';
import type { Target } from '../targets/target.ts';

/** Asked for with SO_RCVBUF and SO_SNDBUF; the kernel doubles it: room for about 6,500 small SIP messages. */
export const GENERATOR_BUFFER_BYTES = 4 * 1024 * 1024;

const CEILINGS = ['net.core.rmem_max', 'net.core.wmem_max'] as const;

/**
 * Runs `start` with ceilings that are high enough, then puts back the values of the configuration in force. The originals of
 * both are in the journal before (prepare.ts), so a crash in between is undone like any other write.
 */
export function bufferHeadroom(target: Target, inForce: () => Configuration) {
  return async <T>(start: () => Promise<T>): Promise<T> => {
    const now = inForce();
    const low = lowCeilings(now);
    for (const key of low) await write(target, key, String(GENERATOR_BUFFER_BYTES));
    try {
      return await start();
    } finally {
      for (const key of low) await write(target, key, String(now[key]));
    }
  };
}

/** The ceilings that would starve a generator. */
export function lowCeilings(inForce: Configuration): readonly (typeof CEILINGS)[number][] {
  return CEILINGS.filter((key) => (asNumber(inForce[key]) ?? 0) < GENERATOR_BUFFER_BYTES);
}

async function write(target: Target, key: string, raw: string): Promise<void> {
  const outcome = await writeSysctl(target.machine, key, raw);
  if (outcome.state === 'failed')
    throw new Error(`generator headroom: ${outcome.reason} (${sysctlPath(key)})`);
}
