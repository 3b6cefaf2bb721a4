// The answering side: one SIPp that lives across offers, and is replaced when calls of an earlier offer are left in it.
import type { SippDeps } from './sipp.ts';
import { CALLEE_LIFE_S, calleeArgv } from './sipp-argv.ts';
import { type SippProcess, startSipp } from './sipp-process.ts';
import { bufferFault } from './sipp-sockets.ts';

/** Replaced before it ends by its own timer. */
const MAX_AGE_MS = (CALLEE_LIFE_S * 1000) / 2;

export interface Callee {
  /** The running process; starts one when there is none, or when the present one is spent. */
  ensure(rawDir: string): Promise<SippProcess>;
  /** Why its buffers are too small, or null. */
  fault(): string | null;
  /** Its calls were cut off: their retransmissions must not reach the next offer's counters. */
  markSpent(): void;
  close(): Promise<void>;
}

export function createCallee(deps: SippDeps): Callee {
  const { callee: endpoint, transport, clock, holdMs, bufferBytes, withBufferHeadroom } = deps;
  const cpus = deps.calleeCpus ?? deps.cpus;
  let running: { process: SippProcess; sinceMs: number } | undefined;
  let spent = false;
  /** Several may write into one directory, one after the other. */
  let starts = 0;
  let fault: string | null = null;

  const close = async () => {
    const ending = running;
    running = undefined;
    await ending?.process.kill();
    // It is gone with the campaign in any case.
    await ending?.process.folder.collect().catch(() => {});
  };

  return {
    async ensure(rawDir) {
      if (running && !spent && !running.process.hasEnded() && clock.nowMs() - running.sinceMs < MAX_AGE_MS)
        return running.process;
      await close();
      const csvFile = `sipp-callee-${++starts}.csv`;
      const process = await startSipp({
        who: 'SIPp callee',
        endpoint,
        argv: calleeArgv({
          address: endpoint.address,
          port: endpoint.port,
          bufferBytes,
          transport,
          ...(deps.place ? { flowPath: deps.place.flowPath } : {}),
          csvFile,
          holdMs,
        }),
        transport,
        cpus,
        rawDir,
        csvFile,
        clock,
        withBufferHeadroom,
        ...(deps.place ? { place: deps.place } : {}),
      });
      running = { process, sinceMs: clock.nowMs() };
      spent = false;
      fault = await bufferFault('SIPp callee', endpoint, { bufferBytes, transport, cpus });
      return process;
    },
    fault: () => fault,
    markSpent() {
      spent = true;
    },
    close,
  };
}
