// What the lab asks of the machine, checked before anything is built; each refusal names what is missing.
import { EXIT, UserError } from '../../errors.ts';
import type { Host } from '../host.ts';
import { readTargetFacts } from '../target-facts.ts';
import { type CpuSplit, splitCpus } from './split-cpus.ts';

const MIN_CPUS = 2;

/** Each tool with a harmless call, and the Debian package that has it. */
const TOOLS = [
  { argv: ['ip', '-V'], debianPackage: 'iproute2' },
  { argv: ['tc', '-V'], debianPackage: 'iproute2' },
  { argv: ['taskset', '-V'], debianPackage: 'util-linux' },
  { argv: ['unshare', '-V'], debianPackage: 'util-linux' },
  { argv: ['kill', '--version'], debianPackage: 'procps' },
] as const;

/** Throws unless this machine can carry a lab; says which CPUs are whose. */
export async function requireLabMachine(machine: Host): Promise<CpuSplit> {
  await requireRoot(machine);
  const { cpus } = await readTargetFacts(machine);
  if (cpus < MIN_CPUS)
    refuse(
      `this machine has ${cpus} CPU; the router and its generators need one each, or they measure each other. ` +
        `Use a machine with at least ${MIN_CPUS}`,
    );
  const found = await Promise.all(TOOLS.map(({ argv }) => machine.run(argv)));
  const absent = TOOLS.filter((_, index) => found[index]?.notFound);
  if (absent.length > 0)
    refuse(
      `${absent.map(({ argv }) => argv[0]).join(', ')} not found. ` +
        `Install Debian's package ${[...new Set(absent.map((tool) => tool.debianPackage))].join(', ')}`,
    );
  const split = splitCpus(cpus);
  for (const list of [split.routerCpus, split.loadCpus]) {
    const pinned = await machine.run(['taskset', '-c', list, 'true']);
    if (pinned.exitCode !== 0)
      refuse(
        `this process may not run on CPU ${list} of ${cpus} (${pinned.stderr.trim()}): a container or cpuset allows ` +
          'only some of the CPUs. Allow all of them',
      );
  }
  const unshared = await machine.run(['unshare', '--net', 'true']);
  if (unshared.exitCode !== 0)
    refuse(
      `the kernel gives no new network namespace (${unshared.stderr.trim()}). ` +
        'In a container, allow CAP_SYS_ADMIN and CAP_NET_ADMIN; or use a machine of its own',
    );
  return split;
}

export async function requireRoot(machine: Host): Promise<void> {
  const asked = await machine.run(['id', '-u']);
  if (asked.notFound) refuse(`id is not on ${machine.label}: set PATH to where the system's programs are`);
  const uid = asked.stdout.trim();
  if (uid !== '0') refuse(`network namespaces need root, and this is user ${uid}. Run it with sudo`);
}

function refuse(why: string): never {
  throw new UserError(`the lab does not work here: ${why}`, EXIT.unsafe);
}
