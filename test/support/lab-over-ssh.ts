// The lab as another machine would be: its router's namespace reached over SSH, its generators as they always are.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAB } from '../../src/targets/lab/layout.ts';

const CONFIG = fileURLToPath(new URL('../../scenarios/routers/kamailio.cfg', import.meta.url));

/** A scenario of a few minutes; returns its path. */
export async function writeLabScenario(folder: string, port: number): Promise<string> {
  const path = join(folder, 'lab-over-ssh.yaml');
  await writeFile(
    path,
    `name: lab-over-ssh
target:
  host: ssh://root@127.0.0.1:${port}
  netns: ${LAB.routerNetns}
  address: ${LAB.routerAddress}
  port: ${LAB.routerPort}
  device: ${LAB.routerToCallee}
  caller: { netns: ${LAB.callerNetns}, address: ${LAB.callerAddress} }
  callee: { netns: ${LAB.calleeNetns}, address: ${LAB.calleeAddress} }
router:
  kind: kamailio
  config: ${CONFIG}
  settings: { workers: 8, maxbuffer: 256 KiB, shm: 512 MiB, pkg: 8 MiB }
load: { hold: 200ms, window: 2s, warmup: 500ms }
objective: { maximise: burst }
knobs: [net.core.rmem_default, net.core.rmem_max, net.core.netdev_max_backlog, router.maxbuffer, router.workers]
budget: 3m
`,
  );
  return path;
}
