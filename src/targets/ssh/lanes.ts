// The lanes of one connection: a request goes to the one with the least to do, and a lost connection is made anew for the
// next request, because there may be settings to put back.
import type { Connection } from './connection.ts';
import { type Lane, openLane } from './lane.ts';

export interface Lanes {
  /** A lane that is free, or the least busy one. */
  take(): Promise<Lane>;
  close(): Promise<void>;
}

/** sshd allows ten sessions in a connection by default (MaxSessions). */
const MAX_LANES = 4;

export function createLanes(connection: Connection, label: string): Lanes {
  let lanes: Lane[] = [];
  let opening = 0;
  let firstOpening: Promise<Lane> | undefined;
  let closed = false;

  const openOne = async (): Promise<Lane> => {
    opening += 1;
    try {
      const lane = await openLane(connection, label);
      lanes.push(lane);
      return lane;
    } finally {
      opening -= 1;
    }
  };

  return {
    async take() {
      if (closed) throw new Error(`${label} is used after it was closed`);
      lanes = lanes.filter((lane) => lane.isOpen());
      const [best] = [...lanes].sort((a, b) => a.pending() - b.pending());
      if (best === undefined) {
        firstOpening ??= openOne().finally(() => {
          firstOpening = undefined;
        });
        return firstOpening;
      }
      // The request does not wait for the new lane; the next one has it.
      if (best.pending() > 0 && lanes.length + opening < MAX_LANES) void openOne().catch(() => {});
      return best;
    },
    async close() {
      closed = true;
      await firstOpening?.catch(() => {});
      await Promise.all(lanes.map((lane) => lane.close()));
      await connection.close();
    },
  };
}
