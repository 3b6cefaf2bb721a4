// Machines besides siptune's own on which pairs of generators run: reached over SSH, looked at once, nothing of them changed.
import type { GeneratorsSpec } from '../scenario/scenario.ts';
import { bootIdOf } from './boot-id.ts';
import { allCpus } from './cpu-list.ts';
import type { Host } from './host.ts';
import { splitCpus } from './lab/split-cpus.ts';
import { type SshAddress, showSshAddress } from './ssh/ssh-address.ts';
import type { GeneratorMachine } from './target.ts';
import { readTargetFacts } from './target-facts.ts';

/** By what showSshAddress() makes of its address. `workDir` is a folder there for SIPp's files. */
export type OpenedMachines = ReadonlyMap<string, { readonly host: Host; readonly workDir: string }>;

export const NO_MACHINES: OpenedMachines = new Map();

/** Each once. */
export function addressesOf(generators: GeneratorsSpec | undefined): readonly SshAddress[] {
  if (typeof generators !== 'object') return [];
  const hosts = generators.flatMap(({ host }) => host ?? []);
  return [...new Map(hosts.map((host) => [showSshAddress(host), host])).values()];
}

/** `loadCpus` are those for load on siptune's machine. */
export async function readGeneratorMachines(
  opened: OpenedMachines,
  { target, siptune, loadCpus }: { readonly target: Host; readonly siptune: Host; readonly loadCpus: string },
): Promise<ReadonlyMap<string, GeneratorMachine>> {
  if (opened.size === 0) return new Map();
  const [ofTarget, ofSiptune] = await Promise.all([bootIdOf(target), bootIdOf(siptune)]);
  const read = [...opened].map(async ([address, { host, workDir }]) => {
    const [facts, bootId] = await Promise.all([readTargetFacts(host), bootIdOf(host)]);
    const kernel = bootId === ofTarget ? 'target' : bootId === ofSiptune ? 'siptune' : 'own';
    const cpus =
      bootId === ofSiptune
        ? loadCpus
        : kernel === 'target'
          ? splitCpus(facts.cpus).loadCpus
          : allCpus(facts.cpus);
    return [address, { host, workDir, kernel, cpus, facts }] as const;
  });
  return new Map(await Promise.all(read));
}
