// The processes that a command on this machine leaves behind when it is gone itself.

const POLL_MS = 10;
/** A killed process is gone in a moment; one that waits for its parent's notice (a zombie) holds nothing any more. */
const POLLS = 100;

/** Kills what is left of the group, at once after its leader ended: its number cannot have been given away yet. */
export async function sweepGroup(leaderPid: number): Promise<void> {
  for (let poll = 0; poll < POLLS && signalGroup(leaderPid); poll++)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

function signalGroup(leaderPid: number): boolean {
  try {
    process.kill(-leaderPid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
