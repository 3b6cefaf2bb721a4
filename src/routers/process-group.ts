// The processes that a router leaves behind when its main process is gone.
import type { Clock } from '../clock.ts';

const POLL_MS = 10;
/** A killed process is gone in a moment; one that waits for its parent's notice (a zombie) holds nothing any more. */
const PATIENCE_MS = 1_000;

/** Kills what is left of the group, at once after its leader ended: its number cannot have been given away yet. */
export async function sweepGroup(leaderPid: number, clock: Clock): Promise<void> {
  const untilMs = clock.nowMs() + PATIENCE_MS;
  while (signalGroup(leaderPid) && clock.nowMs() < untilMs) await clock.sleep(POLL_MS);
}

function signalGroup(leaderPid: number): boolean {
  try {
    process.kill(-leaderPid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
