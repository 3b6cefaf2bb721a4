// From what two SIPps wrote to a LoadReport. Reports truthfully, judges only the generator itself.
import type { FlowName } from '../scenario/scenario.ts';
import type { LoadReport } from './load.ts';
import { CALLEE_REPORT_MS, CALLER_REPORT_MS, type CallOrder } from './sipp-argv.ts';
import type { SippSnapshot } from './sipp-csv.ts';
import { MESSAGES_PER_CALL } from './sipp-flows.ts';
import { begunIn, longestGapMs, measurePace, type Pace, scheduledPace } from './sipp-pace.ts';
import type { Transport } from './sipp-transport.ts';

/** Below this share of the planned rate, the load was not the planned one. */
const MIN_RATE_SHARE = 0.995;
/**
 * SIPp makes up for a pause by beginning all overdue calls at once, a burst that nobody planned. Quiet machines show
 * pauses below 10 ms.
 */
const MAX_PAUSE_MS = 50;
/** A burst leaves at 5,000 to 60,000 calls/s, several times what a router takes; one that takes longer was no burst. */
export const MAX_BURST_MS = (calls: number) => 25 + calls / 5;
/** 401 and 407 ask for a password, 403 to 405 and 488 say that this is not done here. */
const REFUSALS = /^(?:401|40[3-57]|488)$/;
/** Calls are begun in lumps of one kernel tick (10 ms at most), so a count is that uncertain at either end. */
const TICK_MS = 10;

/**
 * Loss is certain, whatever bound an objective may set, when this share of the planned calls has failed or something of
 * it had to be sent again. The offer then ends early: more of an overload only costs time.
 */
export const CERTAIN_LOSS_SHARE = 0.2;

/** Counters of one side between two snapshots. */
export interface Span {
  readonly base: SippSnapshot | undefined;
  readonly last: SippSnapshot | undefined;
}

export function delta({ base, last }: Span, counter: string): number {
  return (last?.counters[counter] ?? 0) - (base?.counters[counter] ?? 0);
}

/** The last snapshot of the calling side before the first counted call. */
export function baseIndex(rows: readonly SippSnapshot[]): number {
  const first = rows.findIndex((row) => begunIn(row) > 0);
  return Math.max(0, (first === -1 ? rows.length : first) - 1);
}

/** The answering side from the moment of the calling side's base. */
export function spanSince(rows: readonly SippSnapshot[], sinceMs: number): Span {
  return { base: rows.findLast((row) => row.atMs <= sinceMs) ?? rows[0], last: rows.at(-1) };
}

/** A call that SIPp gives up, after a 500 say: it sends ACK, then BYE or CANCEL, and counts neither. */
const MESSAGES_PER_FAREWELL = 2;

export interface OfferRecord {
  readonly flow: FlowName;
  readonly transport?: Transport;
  readonly order: CallOrder;
  readonly callerRows: readonly SippSnapshot[];
  readonly calleeRows: readonly SippSnapshot[];
  readonly callerDrops: number;
  readonly calleeDrops: number;
  readonly setupDelaysMs: Float64Array;
  /** Wall clock of each of them. */
  readonly delaysAtMs?: Float64Array;
  readonly unexpectedResponses: Readonly<Record<string, number>>;
  /** "interrupted": by the user; "early": loss was certain; "complete": the offer took its course. */
  readonly ended: 'complete' | 'early' | 'interrupted';
  /** Found out by others: buffers, processes that ended. */
  readonly faults: readonly string[];
}

export function reportOffer(record: OfferRecord): LoadReport {
  const { order, callerRows } = record;
  const rows = callerRows.slice(baseIndex(callerRows));
  const caller: Span = { base: rows[0], last: rows.at(-1) };
  const callee = spanSince(record.calleeRows, rows[0]?.atMs ?? 0);
  const createdCalls = begunIn(caller.last);
  const successfulCalls = caller.last?.counters.completed ?? 0;
  const failedCalls = Math.min(delta(caller, 'FailedCall'), createdCalls - successfulCalls);
  const pace = order.schedule ? scheduledPace(rows, order) : measurePace(rows);
  return {
    plannedCalls: order.counted,
    createdCalls,
    successfulCalls,
    failedCalls,
    unfinishedCalls: createdCalls - successfulCalls - failedCalls,
    retransmissions: delta(caller, 'Retransmissions') + delta(callee, 'Retransmissions'),
    offeredForMs: pace.offeredForMs,
    achievedRateCps: pace.achievedRateCps,
    setupDelaysMs: record.setupDelaysMs,
    ...(record.delaysAtMs ? { delaysAtMs: record.delaysAtMs } : {}),
    ...(rows[0] ? { beganAtMs: rows[0].atMs } : {}),
    sentAtMost: sentAtMost(record),
    generatorFaults: [
      ...record.faults,
      ...(record.ended === 'interrupted' ? ['interrupted'] : []),
      ...(record.ended === 'complete' ? paceFaults(order, createdCalls, pace) : []),
      ...(order.plan.shape === 'steady' ? pauseFaults(rows, record.calleeRows) : []),
      ...(successfulCalls === 0 ? refusalFaults(record) : []),
      ...processFaults('SIPp caller', caller, record.callerDrops, record.transport),
      ...processFaults('SIPp callee', callee, record.calleeDrops, record.transport),
      ...(MESSAGES_PER_CALL[record.flow].replies > 0 ? calleeFaults(caller, callee, successfulCalls) : []),
    ],
    unexpectedResponses: record.unexpectedResponses,
  };
}

/**
 * A caller that was cut off sent a little more than its last snapshot tells. Its open calls, counted in full, make up for that
 * where a call has several requests; where it has one, what it sent meanwhile is what it sent in the time before, at most twice.
 */
function sentAtMost({ flow, callerRows, calleeRows, ended }: OfferRecord): LoadReport['sentAtMost'] {
  const caller: Span = { base: undefined, last: callerRows.at(-1) };
  const callee = spanSince(calleeRows, callerRows[0]?.atMs ?? 0);
  const lastInterval: Span = { base: callerRows.at(-2), last: callerRows.at(-1) };
  const { requests, replies } = MESSAGES_PER_CALL[flow];
  const calls = delta(caller, 'TotalCallCreated');
  const unseen =
    ended === 'complete'
      ? 0
      : 2 * (delta(lastInterval, 'TotalCallCreated') * requests + delta(lastInterval, 'Retransmissions'));
  const farewells = delta(caller, 'FailedCall') * MESSAGES_PER_FAREWELL;
  return {
    requests: calls * requests + delta(caller, 'Retransmissions') + farewells + unseen,
    replies: calls * replies + delta(callee, 'Retransmissions'),
  };
}

function paceFaults(order: CallOrder, created: number, pace: Pace): readonly string[] {
  if (created < order.counted) return [`only ${created} of ${order.counted} planned calls were begun`];
  if (order.plan.shape === 'burst') {
    if (pace.offeredForMs <= MAX_BURST_MS(order.counted)) return [];
    return [`the burst of ${order.counted} calls took ${pace.offeredForMs.toFixed(0)} ms to leave`];
  }
  const { rateCps, windowMs } = order.plan;
  if (order.schedule) {
    const lateMs = pace.offeredForMs - (order.schedule.countedAtMs.at(-1) ?? 0);
    if (lateMs <= TICK_MS + windowMs * (1 - MIN_RATE_SHARE)) return [];
    return [`the calls took ${lateMs.toFixed(0)} ms longer to leave than their arrivals say`];
  }
  const allowance = rateCps * (TICK_MS / windowMs);
  if (pace.achievedRateCps + allowance >= rateCps * MIN_RATE_SHARE) return [];
  const share = ((pace.achievedRateCps / rateCps) * 100).toFixed(1);
  return [
    `only ${pace.achievedRateCps.toFixed(0)} of ${Number(rateCps.toFixed(1))} calls/s were offered (${share} %)`,
  ];
}

function pauseFaults(
  callerRows: readonly SippSnapshot[],
  calleeRows: readonly SippSnapshot[],
): readonly string[] {
  const [first, last] = [callerRows[0]?.atMs ?? 0, callerRows.at(-1)?.atMs ?? 0];
  const meanwhile = calleeRows.filter(({ atMs }) => atMs >= first && atMs <= last);
  return [
    ['SIPp caller', longestGapMs(callerRows) - CALLER_REPORT_MS.steady] as const,
    ['SIPp callee', longestGapMs(meanwhile) - CALLEE_REPORT_MS] as const,
  ]
    .filter(([, pauseMs]) => pauseMs > MAX_PAUSE_MS)
    .map(([who, pauseMs]) => `${who} stood still for ${pauseMs.toFixed(0)} ms`);
}

/** The callee is counted from before the first counted call to after the last, so it has at least those that were completed. */
function calleeFaults(caller: Span, callee: Span, completed: number): readonly string[] {
  const isWhole = (callee.last?.atMs ?? 0) >= (caller.last?.atMs ?? 0);
  if (!isWhole || callee.last?.counters.TotalCallCreated === undefined) return [];
  const begun = delta(callee, 'TotalCallCreated');
  return begun < completed
    ? [`SIPp callee took only ${begun} of the ${completed} calls that were completed: something else answers`]
    : [];
}

/** A router that is merely overloaded carries some calls; one that refuses them all is asked for what it does not do. */
function refusalFaults({ flow, unexpectedResponses }: OfferRecord): readonly string[] {
  const refusals = Object.keys(unexpectedResponses).filter((code) => REFUSALS.test(code));
  if (refusals.length === 0) return [];
  return [`the router refuses every call (${refusals.join(', ')}): it is not made for the flow ${flow}`];
}

function processFaults(who: string, span: Span, drops: number, transport: Transport): readonly string[] {
  const watchdog = delta(span, 'WatchdogMajor') + delta(span, 'WatchdogMinor');
  // Over TCP it is the router that does not read, or has closed the connection: the call has failed, not its caller.
  const unsent =
    transport === undefined
      ? delta(span, 'FailedCannotSendMessage') + delta(span, 'FailedOutboundCongestion')
      : 0;
  return [
    ...(watchdog > 0 ? [`${who} fell behind its own timers (${watchdog} watchdog triggers)`] : []),
    ...(unsent > 0 ? [`${who} could not send ${unsent} messages`] : []),
    ...(drops > 0 ? [`${who}: ${drops} datagrams dropped at its own socket`] : []),
  ];
}
