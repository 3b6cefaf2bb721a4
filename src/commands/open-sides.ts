// The machines of a scenario, for those who only look: the target's, the one on which siptune runs, and others with generators.
import type { Scenario } from '../scenario/scenario.ts';
import { addressesOf, type OpenedMachines } from '../targets/generator-machines.ts';
import type { Host } from '../targets/host.ts';
import { createLocalHost } from '../targets/local-host.ts';
import { openHost } from '../targets/open-host.ts';
import { withSystemPath } from '../targets/system-path.ts';

export interface Sides {
  readonly machine: Host;
  /** The same host as `machine` where the target is this machine. */
  readonly here: Host;
  readonly others: OpenedMachines;
  close(): Promise<void>;
}

/** As a campaign would make it there, with a name that nobody has yet. */
const LOAD_DIR = '/run/siptune-load-XXXXXX';

export async function openSides(scenario: Scenario | null, path: string | undefined): Promise<Sides> {
  const here = withSystemPath(createLocalHost(), path);
  const target = scenario?.target.kind === 'host' ? scenario.target.host : 'local';
  const opened = target === 'local' ? undefined : openHost(target);
  const others = addressesOf(scenario?.load.generators).map((address) => openHost(address));
  const close = async () => {
    await Promise.all([opened, ...others].map((one) => one?.close()));
  };
  try {
    await opened?.connect();
    for (const { connect } of others) await connect();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    machine: opened?.host ?? here,
    here,
    others: new Map(others.map(({ host }) => [host.label, { host, workDir: LOAD_DIR }])),
    close,
  };
}
