// One offer: a calling SIPp begins the planned calls (after a warm-up that its counters do not see, without a seam), the
// calls are drained, and both ends' statistics become a report.
import { UserError } from '../errors.ts';
import type { FlowName } from '../scenario/scenario.ts';
import type { LoadContext, LoadPlan, LoadReport } from './load.ts';
import type { SippDeps } from './sipp.ts';
import { CALLEE_REPORT_MS, CALLER_CSV, type CallOrder, callerArgv, callOrder } from './sipp-argv.ts';
import { arrivalFiles, arrivalSeed, scheduleArrivals } from './sipp-arrivals.ts';
import { countUnexpectedResponses } from './sipp-codes.ts';
import { begunIn } from './sipp-pace.ts';
import { type ClockReading, createSippPlaceHere, type SippFolder, type SippPlace } from './sipp-place.ts';
import { type SippProcess, startSipp } from './sipp-process.ts';
import {
  baseIndex,
  CERTAIN_LOSS_SHARE,
  delta,
  type OfferRecord,
  reportOffer,
  spanSince,
} from './sipp-report.ts';
import { parseSippRtt } from './sipp-rtt.ts';
import { bufferFault } from './sipp-sockets.ts';
import { closedByRouter, type Transport } from './sipp-transport.ts';

/** A call that lost a message needs T1 = 500 ms and 1,000 ms more for its second and third attempt. */
export const DRAIN_MS = 3_000;
/** SIPp makes up for delays, so an offer that is this late will not come. */
const OVERDUE_MS = 3_000;
/** Reports of one snapshot reach the two files within this time of each other. */
const SAME_REPORT_MS = 5;
/** Clocks are slewed by half a per mille at most; more was a step. */
const MAX_CLOCK_MOVE_MS = 20;
/** A closed connection keeps its port for a minute (TIME_WAIT). */
const OUT_OF_PORTS = /Cannot assign requested address/;

type Ended = OfferRecord['ended'];

export async function offerCalls(
  deps: SippDeps,
  callee: SippProcess,
  plan: LoadPlan,
  context: LoadContext,
): Promise<LoadReport> {
  const place = deps.place ?? createSippPlaceHere(deps.clock);
  const order = orderOf(deps, plan, context);
  const folder = await place.workIn(context.rawDir);
  const files = order.schedule ? await arrivalFiles(deps.flow, order.schedule) : [];
  await Promise.all(files.map(({ name, text }) => folder.put(name, text)));
  const reading = await place.readClock();
  await callee.poll();
  const dropsBefore = callee.drops();
  const beginMs = await context.together?.(place.leadMs(reading));
  const begin = beginMs === undefined ? undefined : { atMs: beginMs, reading };
  const caller = await startCaller(deps, order, { context, place, folder, begin });
  try {
    const on = place.on === undefined ? {} : { on: place.on };
    context.onProcesses?.([
      { pid: caller.pid, role: 'uac', ...on },
      { pid: callee.pid, role: 'uas', ...on },
    ]);
    const checking = bufferFault('SIPp caller', deps.caller, deps);
    // A burst is still held back: the check is over before it leaves.
    checking.catch(() => {});
    if (plan.shape === 'burst') await checking.catch(() => {});
    const watched = await watch(deps, order, { caller, callee, place }, context);
    const { faults, cutOff } = await howTheyEnded(deps, caller, callee);
    // What SIPp had not begun by then is as lost as the calls that were open.
    const ended = cutOff && watched === 'complete' ? 'early' : watched;
    await caller.kill();
    await caller.poll();
    await pollPast({ ...deps, place }, callee, caller.rows.at(-1)?.atMs ?? 0);
    const lost = caller.lost() ?? callee.lost();
    // Without the connection nothing more can be known, and that is said already.
    const buffers = await checking.catch((error: unknown) => unlessLost(error, lost));
    const stepped = await clockFault(place, reading).catch((error: unknown) => unlessLost(error, lost));
    const uncollected = lost === null ? await folder.collect().then(() => null, collectFault) : null;
    const offered: Offered = {
      order,
      flow: deps.flow,
      transport: deps.transport,
      caller,
      callee,
      calleeDrops: callee.drops() - dropsBefore,
      ended,
      faults: [...faults, ...[buffers, stepped, uncollected].filter((fault) => fault !== null)],
    };
    const report = reportOffer(await gather(offered));
    return place.on === undefined ? report : inOurTime(report, reading);
  } finally {
    await caller.kill();
  }
}

function unlessLost(error: unknown, lost: string | null): null {
  if (lost === null) throw error;
  return null;
}

function collectFault(error: unknown): string {
  if (!(error instanceof UserError)) throw error;
  return `what SIPp wrote could not be brought here: ${error.message}`;
}

/** A clock that was set during the offer has told times of two kinds. */
async function clockFault({ on, readClock }: SippPlace, before: ClockReading): Promise<string | null> {
  if (on === undefined) return null;
  const after = await readClock();
  const movedMs = Math.abs(after.aheadMs - before.aheadMs);
  return movedMs > before.uncertaintyMs + after.uncertaintyMs + MAX_CLOCK_MOVE_MS
    ? `the clock of ${on} moved by ${movedMs.toFixed(0)} ms against siptune's during the offer`
    : null;
}

function inOurTime(report: LoadReport, { aheadMs, uncertaintyMs }: ClockReading): LoadReport {
  const { delaysAtMs, beganAtMs } = report;
  return {
    ...report,
    ...(delaysAtMs ? { delaysAtMs: delaysAtMs.map((atMs) => atMs - aheadMs) } : {}),
    ...(beganAtMs === undefined ? {} : { beganAtMs: beganAtMs - aheadMs }),
    clockUncertaintyMs: uncertaintyMs,
  };
}

function orderOf(deps: SippDeps, plan: LoadPlan, context: LoadContext): CallOrder {
  const order = callOrder(plan);
  if (order.counted < 1) throw new Error(`a load plan without calls: ${JSON.stringify(plan)}`);
  if (plan.shape === 'burst' || !deps.arrivals) return order;
  const seed = arrivalSeed(deps.seed ?? 0, context.trial ?? 0);
  const { whole, ...place } = context.part ?? { whole: plan, index: 0, of: 1 };
  if (whole.shape === 'burst') throw new Error('a steady share of a burst');
  const schedule = scheduleArrivals(whole, callOrder(whole), deps.arrivals, seed, place);
  return { ...order, schedule };
}

interface CallerStart {
  readonly context: LoadContext;
  readonly place: SippPlace;
  readonly folder: SippFolder;
  readonly begin: { readonly atMs: number; readonly reading: ClockReading } | undefined;
}

function startCaller(
  deps: SippDeps,
  order: CallOrder,
  { context, place, folder, begin }: CallerStart,
): Promise<SippProcess> {
  const { caller, callee, routerAddress, routerPort, flow, transport, holdMs, bufferBytes } = deps;
  return startSipp({
    who: 'SIPp caller',
    endpoint: caller,
    argv: callerArgv({
      address: caller.address,
      port: caller.port,
      bufferBytes,
      transport,
      flowPath: place.flowPath,
      routerAddress,
      routerPort,
      calleeAddress: callee.address,
      calleePort: callee.port,
      flow,
      holdMs,
      order,
    }),
    transport,
    cpus: deps.cpus,
    rawDir: context.rawDir,
    csvFile: CALLER_CSV,
    clock: deps.clock,
    withBufferHeadroom: deps.withBufferHeadroom,
    ...{ place, folder },
    ...(begin === undefined ? {} : { begin }),
  });
}

/** Until the caller has ended by itself (every call is done), loss is certain, time is up, or the user interrupts. */
async function watch(
  deps: SippDeps,
  { plan, counted, schedule }: CallOrder,
  {
    caller,
    callee,
    place,
  }: { readonly caller: SippProcess; readonly callee: SippProcess; readonly place: SippPlace },
  context: LoadContext,
): Promise<Ended> {
  const { clock, holdMs } = deps;
  const { signal, onWindow } = context;
  const callerEnded = new AbortController();
  void caller.exited.then(() => callerEnded.abort());
  const wake = AbortSignal.any([signal, callerEnded.signal]);

  const startMs = clock.nowMs();
  const beginMs = plan.shape === 'steady' ? startMs + (schedule?.leadMs ?? 0) + plan.warmupMs : startMs;
  const dueMs = beginMs + (plan.shape === 'steady' ? plan.windowMs : 0);
  const overdueMs = dueMs + OVERDUE_MS;
  let state: 'before' | 'window' | 'drain' = 'before';
  let drainedMs = Number.POSITIVE_INFINITY;
  const end = (ended: Ended): Ended => {
    if (state === 'before') onWindow('begin');
    if (state !== 'drain') onWindow('end');
    return ended;
  };

  for (;;) {
    if (state === 'before' && clock.nowMs() >= beginMs) {
      state = 'window';
      onWindow('begin');
    }
    await Promise.all([caller.poll(), callee.poll()]);
    const nowMs = clock.nowMs();
    if (state === 'window' && begunIn(caller.rows.at(-1)) >= counted) {
      state = 'drain';
      drainedMs = nowMs + holdMs + DRAIN_MS;
      onWindow('end');
    }
    if (signal.aborted) return end('interrupted');
    if (lossIsCertain(caller, callee, counted)) return end('early');
    if (caller.hasEnded() || nowMs >= drainedMs || (state !== 'drain' && nowMs >= overdueMs))
      return end('complete');
    const pollMs =
      state === 'drain' && plan.shape === 'steady' ? place.pollMs.drain : place.pollMs[plan.shape];
    // The window's edges are not missed where looks are rare.
    const edgeMs = state === 'before' ? beginMs - nowMs : dueMs - nowMs;
    await clock.sleep(edgeMs > 0 ? Math.min(pollMs, edgeMs) : pollMs, wake);
  }
}

function lossIsCertain(caller: SippProcess, callee: SippProcess, counted: number): boolean {
  const base = caller.rows[baseIndex(caller.rows)];
  if (base === undefined) return false;
  const ofCaller = { base, last: caller.rows.at(-1) };
  const ofCallee = spanSince(callee.rows, base.atMs);
  const bad =
    delta(ofCaller, 'FailedCall') + delta(ofCaller, 'Retransmissions') + delta(ofCallee, 'Retransmissions');
  return bad > counted * CERTAIN_LOSS_SHARE;
}

/** The answering side's last snapshot must be younger than the last call. */
async function pollPast(
  deps: Pick<SippDeps, 'clock'> & { readonly place: SippPlace },
  callee: SippProcess,
  endMs: number,
): Promise<void> {
  const deadlineMs = deps.clock.nowMs() + 3 * CALLEE_REPORT_MS;
  for (;;) {
    await callee.poll();
    if ((callee.rows.at(-1)?.atMs ?? 0) >= endMs || callee.hasEnded() || deps.clock.nowMs() >= deadlineMs)
      return;
    await deps.clock.sleep(deps.place.pollMs.drain);
  }
}

interface Offered {
  readonly order: CallOrder;
  readonly flow: FlowName;
  readonly transport: Transport;
  readonly caller: SippProcess;
  readonly callee: SippProcess;
  readonly calleeDrops: number;
  readonly ended: Ended;
  readonly faults: readonly string[];
}

async function gather(offered: Offered): Promise<OfferRecord> {
  const { order, flow, transport, caller, callee, calleeDrops, ended, faults } = offered;
  // SIPp names these files itself, after the flow and its process ID.
  const read = (what: string) =>
    caller.lost() === null
      ? caller.folder.read(`${flow}_${caller.pid}_${what}.csv`).catch(() => Buffer.alloc(0))
      : Promise.resolve(Buffer.alloc(0));
  const [rtt, codes] = await Promise.all([read('rtt'), read('error_codes')]);
  const baseMs = caller.rows[baseIndex(caller.rows)]?.atMs ?? 0;
  const { delaysMs, atMs } = parseSippRtt(rtt, 'setup');
  // SIPp writes its first snapshot as it begins.
  const startMs = caller.rows[0]?.atMs ?? 0;
  return {
    flow,
    transport,
    order,
    callerRows: caller.rows,
    calleeRows: callee.rows,
    callerDrops: caller.drops(),
    calleeDrops,
    setupDelaysMs: delaysMs,
    delaysAtMs: atMs.map((ms) => startMs + ms),
    unexpectedResponses: countUnexpectedResponses(codes.toString('latin1'), baseMs + SAME_REPORT_MS),
    ended,
    faults,
  };
}

/** Of SIPps that ended for another reason than the end of their calls. */
async function howTheyEnded(
  { transport }: SippDeps,
  caller: SippProcess,
  callee: SippProcess,
): Promise<{ readonly faults: readonly string[]; readonly cutOff: boolean }> {
  const ofCallee = callee.hasEnded()
    ? [`SIPp callee ended during the offer: ${await callee.lastWords()}`]
    : [];
  if (!caller.hasEnded()) return { faults: ofCallee, cutOff: false };
  const lost = caller.lost();
  if (lost !== null) return { faults: [`SIPp caller: ${lost}`, ...ofCallee], cutOff: false };
  const { exitCode, signal } = await caller.exited;
  // 0: all calls succeeded, 1: some failed, 97 and 99: ended by a timer or without a call.
  if (exitCode !== undefined && exitCode < 100) return { faults: ofCallee, cutOff: false };
  const words = await caller.lastWords();
  if (transport !== undefined && closedByRouter(words)) return { faults: ofCallee, cutOff: true };
  const advice = OUT_OF_PORTS.test(words)
    ? ' (its ports are used up: widen net.ipv4.ip_local_port_range or lower net.ipv4.tcp_max_tw_buckets in its namespace)'
    : '';
  return {
    faults: [`SIPp caller ended with ${signal ?? `status ${exitCode}`}: ${words}${advice}`, ...ofCallee],
    cutOff: false,
  };
}
