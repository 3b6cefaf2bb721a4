// What generators that start at the same time need of each other.

export interface StartingLine {
  /** When everybody has come here or has left: the time at which all begin, on the monotonic clock. Nobody gets less than the lead he asks for. */
  ready(leadMs?: number): Promise<number>;
  /** For one who will not come. Harmless after the start. */
  leave(): void;
}

export function createStartingLine(runners: number, nowMs = () => performance.now()): StartingLine {
  let awaited = runners;
  let longestLeadMs = 0;
  let go: (atMs: number) => void = () => {};
  const started = new Promise<number>((resolve) => {
    go = resolve;
  });
  const leave = () => {
    awaited -= 1;
    if (awaited <= 0) go(nowMs() + longestLeadMs);
  };
  return {
    ready(leadMs = 0) {
      longestLeadMs = Math.max(longestLeadMs, leadMs);
      leave();
      return started;
    },
    leave,
  };
}

export type WithHeadroom = <T>(start: () => Promise<T>) => Promise<T>;

/**
 * One lift for all starts that overlap. Each lifting for itself would lower the ceilings under another's socket that is not
 * made yet, and take the lifted ceilings for those to go back to.
 */
export function shareHeadroom(withHeadroom: WithHeadroom): WithHeadroom {
  let users = 0;
  let lift: { readonly lifted: Promise<void>; readonly lowered: Promise<void>; lower(): void } | undefined;

  const begin = (after: Promise<unknown>) => {
    let lower: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      lower = resolve;
    });
    let isLifted: () => void = () => {};
    const inside = new Promise<void>((resolve) => {
      isLifted = resolve;
    });
    const lowered = after.then(() =>
      withHeadroom(() => {
        isLifted();
        return done;
      }),
    );
    // Where the ceilings cannot be lifted, every user is told.
    const lifted = Promise.race([inside, lowered.then(() => undefined)]);
    lifted.catch(() => {});
    return { lifted, lowered, lower };
  };

  let before: Promise<unknown> = Promise.resolve();
  return async (start) => {
    users += 1;
    lift ??= begin(before);
    const mine = lift;
    try {
      await mine.lifted;
      return await start();
    } finally {
      users -= 1;
      if (users === 0) {
        lift = undefined;
        before = mine.lowered.catch(() => {});
        mine.lower();
      }
      await (users === 0 ? mine.lowered : undefined);
    }
  };
}
