// The campaign that is broken: the lab with Kamailio, many knobs, short trials, the shortest budget.
import { copyFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Options } from './options.ts';

/** A copy of its own, so that a change to it can be seen. */
export const CONFIG = 'kamailio.cfg';

/** Puts it into a folder; returns its path. `target` is YAML. */
export function writeScenario(folder: string, { budget, periodS }: Options, target = 'lab'): string {
  copyFileSync('scenarios/routers/kamailio.cfg', resolve(folder, CONFIG));
  const path = resolve(folder, 'scenario.yaml');
  writeFileSync(
    path,
    `name: fault
target: ${target}
router:
  kind: kamailio
  config: ${resolve(folder, CONFIG)}
  settings: { workers: 4, maxbuffer: 256 KiB, shm: 512 MiB, pkg: 8 MiB }
load: { flow: invite, hold: 200ms, ua: 0 /s, warmup: 500ms, window: 1s }
objective: { maximise: burst, guard: { capacity: { mayFall: 20% } } }
knobs:
  - net.core.rmem_default
  - net.core.rmem_max
  - net.core.wmem_default
  - net.core.wmem_max
  - net.core.netdev_max_backlog
  - txqueuelen
  - kernel.shmmax
  - router.workers
  - router.maxbuffer
budget: ${budget}
${periodS > 0 ? `safety: { deadman: ${periodS}s }\n` : ''}`,
  );
  return path;
}
