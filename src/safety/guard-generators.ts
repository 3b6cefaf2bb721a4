// A campaign on another machine changes two: the target, and the one on which its generators run. Both are held, and restored,
// as one: the second has ceilings that are lifted for a moment, and generators that must not outlive siptune.
import { join } from 'node:path/posix';
import { bootIdOf } from '../targets/boot-id.ts';
import type { Host } from '../targets/host.ts';
import { isOfGenerators } from '../targets/original.ts';
import { createSafeguard, type Safeguard, type SafeguardDeps } from './safeguard.ts';
import { STATE_DIR } from './state-dir.ts';

/** For generators on the target's own kernel, whose settings are the target's business: only their processes are covered. */
const GENERATORS = 'generators';
export const GENERATORS_DIR = join(STATE_DIR, GENERATORS);

export interface SafeguardOfBoth extends Safeguard {
  /** The generators' machine; there is none before take(). */
  guardedGenerators(): Host;
}

/** `deps` are the target's; `generators` is the other machine. */
export function guardBoth(deps: SafeguardDeps, generators: Host): SafeguardOfBoth {
  const target = createSafeguard(deps);
  const abort = new AbortController();
  let beside: Safeguard | undefined;

  const obey = ({ signal }: Safeguard) =>
    signal.addEventListener('abort', () => abort.abort(signal.reason), { once: true });
  obey(target);

  return {
    ...target,
    signal: abort.signal,

    async take() {
      await target.take();
      const sharesKernel = (await bootIdOf(deps.machine)) === (await bootIdOf(generators));
      beside = createSafeguard({
        ...deps,
        machine: generators,
        restartCommand: undefined,
        routerNetns: undefined,
        ...(sharesKernel ? { statePath: join(deps.statePath ?? STATE_DIR, GENERATORS) } : {}),
      });
      obey(beside);
      await beside.take();
    },

    guardedGenerators() {
      if (!beside) throw new Error('the safeguard is used before take()');
      return beside.guarded();
    },

    async coverOriginals(all) {
      await beside?.coverOriginals(all.filter(isOfGenerators));
      await target.coverOriginals(all.filter((original) => !isOfGenerators(original)));
    },

    async restore() {
      const here = (await beside?.restore()) ?? { failures: [], ours: true };
      const there = await target.restore();
      const failures = here.failures.map((failure) => `${generators.label}: ${failure}`);
      return { failures: [...there.failures, ...failures], ours: there.ours };
    },
  };
}
