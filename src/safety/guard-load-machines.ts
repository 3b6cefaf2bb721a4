// Further machines with generators are held beside the target for as long as a campaign lasts. No setting is changed on them:
// what goes away with the restore, or by their own timers, are SIPps and the folder with their files.
import { createHash } from 'node:crypto';
import { join } from 'node:path/posix';
import { bootIdOf } from '../targets/boot-id.ts';
import type { Host } from '../targets/host.ts';
import { createSafeguard, type Safeguard, type SafeguardDeps } from './safeguard.ts';
import { STATE_DIR } from './state-dir.ts';

/** Below the usual state folder, where a machine shares its kernel, and maybe its disk, with another of the campaign's. */
const SHARED = 'load-machines';
const SLUG_LENGTH = 12;

/** Where such a machine has its state. */
export function sharedStateDir(label: string, statePath = STATE_DIR): string {
  return join(statePath, SHARED, createHash('sha256').update(label).digest('hex').slice(0, SLUG_LENGTH));
}

export interface LoadMachineGuard {
  /** As the machine that it guards is called. */
  readonly label: string;
  /** For everything that is started or written there; there is none before take(). */
  guarded(): Host;
  /** On the machine's disk before the folder is made. */
  coverFolder(path: string): Promise<void>;
}

export interface SafeguardWithLoad extends Safeguard {
  readonly loadMachines: readonly LoadMachineGuard[];
}

/** `main` holds the target (and siptune's machine); `deps` are the target's. */
export function guardWithLoad(
  main: Safeguard,
  deps: SafeguardDeps,
  siptune: Host,
  machines: readonly Host[],
): SafeguardWithLoad {
  const abort = new AbortController();
  const beside = new Map<string, Safeguard>();
  const obey = ({ signal }: Safeguard) =>
    signal.addEventListener('abort', () => abort.abort(signal.reason), { once: true });
  obey(main);

  const guardOf = (label: string): Safeguard => {
    const guard = beside.get(label);
    if (!guard) throw new Error('the safeguard is used before take()');
    return guard;
  };

  const takeOne = async (machine: Host, taken: ReadonlySet<string>, bootId: string) => {
    const { statePath = STATE_DIR } = deps;
    const guard = createSafeguard({
      ...deps,
      machine,
      restartCommand: undefined,
      routerNetns: undefined,
      statePath: taken.has(bootId) ? sharedStateDir(machine.label, statePath) : statePath,
      // Whose machine it is: never to be taken for the one that is tuned.
      emit: (event) => deps.emit(event.type === 'armed' ? { ...event, of: 'generators' } : event),
    });
    beside.set(machine.label, guard);
    obey(guard);
    await guard.take();
  };

  return {
    ...main,
    signal: abort.signal,
    loadMachines: machines.map(({ label }) => ({
      label,
      guarded: () => guardOf(label).guarded(),
      coverFolder: (path) => guardOf(label).coverFolder(path),
    })),

    async take() {
      // First, so that one that cannot be reached leaves the target alone.
      const bootIds = await Promise.all(machines.map((machine) => bootIdOf(machine)));
      await main.take();
      const taken = new Set(await Promise.all([deps.machine, siptune].map((machine) => bootIdOf(machine))));
      for (const [index, machine] of machines.entries()) {
        const bootId = bootIds[index] ?? '';
        await takeOne(machine, taken, bootId);
        taken.add(bootId);
      }
    },

    async restore() {
      const outcomes = await Promise.all(
        [...beside].map(async ([label, guard]) => {
          const { failures } = await guard.restore();
          return failures.map((failure) => `${label}: ${failure}`);
        }),
      );
      const { failures, ours } = await main.restore();
      return { failures: [...failures, ...outcomes.flat()], ours };
    },
  };
}
