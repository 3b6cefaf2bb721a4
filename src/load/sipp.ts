// SIPp as the bulk load: an answering SIPp that lives across offers, and a calling one for each offer.
import type { Clock } from '../clock.ts';
import type { Arrivals, FlowName } from '../scenario/scenario.ts';
import type { Endpoint } from '../targets/target.ts';
import type { CallLoad } from './load.ts';
import { createCallee } from './sipp-callee.ts';
import { requireSipp } from './sipp-facts.ts';
import { offerCalls } from './sipp-offer.ts';
import type { SippPlace } from './sipp-place.ts';
import type { Transport } from './sipp-transport.ts';

export interface SippDeps {
  readonly caller: Endpoint;
  readonly callee: Endpoint;
  readonly routerAddress: string;
  readonly routerPort: number;
  readonly flow: FlowName;
  readonly transport?: Transport;
  /** How the calls of steady plans arrive; undefined: evenly spaced. */
  readonly arrivals?: Arrivals | undefined;
  /** For random arrivals. */
  readonly seed?: number;
  /** Time between ACK and BYE. */
  readonly holdMs: number;
  /** CPU list for both SIPps, or for the calling one where the other has its own. */
  readonly cpus: string;
  readonly calleeCpus?: string;
  readonly clock: Clock;
  /** Asked for with SO_RCVBUF and SO_SNDBUF, at both ends. */
  readonly bufferBytes: number;
  /** Lifts rmem_max and wmem_max while `start` makes a socket. */
  readonly withBufferHeadroom: <T>(start: () => Promise<T>) => Promise<T>;
  /** Where both run; undefined: on this machine. */
  readonly place?: SippPlace;
}

export function createSippLoad(deps: SippDeps): CallLoad {
  const callee = createCallee(deps);
  const offers = new Set<AbortController>();
  const running = new Set<Promise<unknown>>();
  let checked = false;

  return {
    async open(rawDir) {
      if (!checked) await requireSipp(deps.callee.host);
      checked = true;
      await deps.place?.ready();
      await callee.ensure(rawDir);
    },

    async offer(plan, context) {
      const closing = new AbortController();
      const signal = AbortSignal.any([context.signal, closing.signal]);
      await deps.place?.ready();
      const answering = await callee.ensure(context.rawDir);
      const offer = offerCalls(deps, answering, plan, { ...context, signal });
      offers.add(closing);
      running.add(offer);
      try {
        const report = await offer;
        // What is left of a bad offer (open calls, repeated responses) must not reach the counters of the next.
        if (report.successfulCalls < report.plannedCalls || report.retransmissions > 0) callee.markSpent();
        const fault = callee.fault();
        return fault === null ? report : { ...report, generatorFaults: [fault, ...report.generatorFaults] };
      } finally {
        offers.delete(closing);
        running.delete(offer);
      }
    },

    async close() {
      for (const offer of offers) offer.abort();
      await Promise.allSettled(running);
      await callee.close();
    },
  };
}
