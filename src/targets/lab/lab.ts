// The lab goes up and down: three network namespaces joined by veth pairs, with no way out.
import type { Host } from '../host.ts';
import { egressRate, limitEgress, sameRate } from './egress.ts';
import { inspect, presentNamespaces } from './inspect.ts';
import { LAB_NAMESPACES } from './layout.ts';
import { must } from './must.ts';
import { buildNetwork } from './network.ts';
import { endProcesses, processesInside } from './processes.ts';
import { requireLabMachine, requireRoot } from './requirements.ts';
import type { CpuSplit } from './split-cpus.ts';

export interface LabOptions {
  /** Rate limit of the router's link towards the callee (HTB), bits/s; undefined: no queue forms there. */
  readonly egressBitsPerS?: number;
}

export type LabStatus =
  | { readonly state: 'down' }
  | {
      readonly state: 'up';
      readonly egressBitsPerS: number | undefined;
      readonly cpus: CpuSplit;
      /** Processes inside the three namespaces. */
      readonly processes: number;
    }
  /** Some of it is there: `up` builds it anew, `down` clears it. */
  | { readonly state: 'partial'; readonly present: readonly string[]; readonly missing: readonly string[] };

export interface Lab {
  /** Harmless when it is up; sets the egress rate when that differs. What an interrupted `up` left is built anew. */
  up(): Promise<LabStatus>;
  /** Ends what runs inside, then deletes the namespaces; harmless when it is down. */
  down(): Promise<void>;
  status(): Promise<LabStatus>;
}

export function createLab(machine: Host, options: LabOptions = {}): Lab {
  const status = async (): Promise<LabStatus> => {
    const present = await presentNamespaces(machine);
    if (present.length === 0) return { state: 'down' };
    await requireRoot(machine);
    const { cpus, missing } = await inspect(machine, present);
    if (missing.length > 0) return { state: 'partial', present, missing };
    return {
      state: 'up',
      egressBitsPerS: await egressRate(machine),
      cpus,
      processes: (await processesInside(machine, present)).length,
    };
  };

  const up = async (): Promise<LabStatus> => {
    const cpus = await requireLabMachine(machine);
    const before = await status();
    if (before.state === 'up') {
      if (!sameRate(before.egressBitsPerS, options.egressBitsPerS))
        await limitEgress(machine, options.egressBitsPerS);
      return status();
    }
    if (before.state === 'partial') await down();
    try {
      for (const name of LAB_NAMESPACES) await must(machine, ['ip', 'netns', 'add', name]);
      await buildNetwork(machine, cpus);
      await limitEgress(machine, options.egressBitsPerS);
    } catch (error) {
      await down();
      throw error;
    }
    return status();
  };

  const down = async (): Promise<void> => {
    const present = await presentNamespaces(machine);
    if (present.length === 0) return;
    await requireRoot(machine);
    await endProcesses(machine, present);
    for (const name of present) await must(machine, ['ip', 'netns', 'del', name]);
  };

  return { up, down, status };
}
