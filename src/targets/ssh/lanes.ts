// The lanes of one connection: a request goes to the one with the least to do, and a lost connection is made anew for the
// next request, because there may be settings to put back.
import type { Connection } from './connection.ts';
import { type Lane, openLane } from './lane.ts';

export interface Lanes {
  /** A lane that is free, or the least busy one. */
  take(): Promise<Lane>;
  /** Rejects with the reason when there can be none. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** sshd allows ten sessions in a connection by default (MaxSessions). */
const MAX_LANES = 4;

export function createLanes(connection: Connection, label: string): Lanes {
  let lanes: Lane[] = [];
  const openings = new Set<Promise<Lane>>();
  let firstOpening: Promise<Lane> | undefined;
  let closed = false;

  const openOne = async (): Promise<Lane> => {
    const opening = openLane(connection, label);
    openings.add(opening);
    try {
      const lane = await opening;
      lanes.push(lane);
      return lane;
    } finally {
      openings.delete(opening);
    }
  };

  const lanesOf: Lanes = {
    async open() {
      await lanesOf.take();
      await Promise.allSettled(openings);
    },
    async take() {
      if (closed) throw new Error(`${label} is used after it was closed`);
      lanes = lanes.filter((lane) => lane.isOpen());
      const [best] = [...lanes].sort((a, b) => a.pending() - b.pending());
      if (best === undefined) {
        // With a second one beside it: nothing short should wait behind something long.
        firstOpening ??= openOne().finally(() => {
          firstOpening = undefined;
          if (!closed && lanes.length === 1) void openOne().catch(() => {});
        });
        return firstOpening;
      }
      // The request does not wait for the new lane; the next one has it.
      if (best.pending() > 0 && lanes.length + openings.size < MAX_LANES) void openOne().catch(() => {});
      return best;
    },
    async close() {
      closed = true;
      await Promise.allSettled(openings);
      await Promise.all(lanes.map((lane) => lane.close()));
      await connection.close();
    },
  };
  return lanesOf;
}
