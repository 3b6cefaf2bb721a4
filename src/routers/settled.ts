// A router answers as soon as its first worker is there; the last ones are forked a moment later.
import type { Clock } from '../clock.ts';
import type { RouterProcess } from './router.ts';

const POLL_MS = 20;
const PATIENCE_MS = 1_000;

/** Its processes, once the wanted number of workers is among them, or as they are by then. */
export async function settled(
  processes: () => Promise<readonly RouterProcess[]>,
  workers: number,
  clock: Clock,
): Promise<readonly RouterProcess[]> {
  const untilMs = clock.nowMs() + PATIENCE_MS;
  for (;;) {
    const seen = (await processes()).filter(({ pid }) => pid > 0);
    if (seen.filter(({ udpWorker }) => udpWorker).length >= workers || clock.nowMs() >= untilMs) return seen;
    await clock.sleep(POLL_MS);
  }
}
