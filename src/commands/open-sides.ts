// The two machines of a scenario, for those who only look: the target's, and the one on which siptune and its generators run.
import type { Scenario } from '../scenario/scenario.ts';
import type { Host } from '../targets/host.ts';
import { createLocalHost } from '../targets/local-host.ts';
import { openHost } from '../targets/open-host.ts';
import { withSystemPath } from '../targets/system-path.ts';

export interface Sides {
  readonly machine: Host;
  /** The same host as `machine` where the target is this machine. */
  readonly here: Host;
  close(): Promise<void>;
}

export async function openSides(scenario: Scenario | null, path: string | undefined): Promise<Sides> {
  const here = withSystemPath(createLocalHost(), path);
  if (scenario?.target.kind !== 'host' || scenario.target.host === 'local')
    return { machine: here, here, close: async () => {} };
  const { host, connect, close } = openHost(scenario.target.host);
  try {
    await connect();
  } catch (error) {
    await close();
    throw error;
  }
  return { machine: host, here, close };
}
