// SIPp's argument lists: one for the calling side, one for the answering side.
import type { FlowName } from '../scenario/scenario.ts';
import type { LoadPlan } from './load.ts';
import { ARRIVALS_CSV, type ArrivalSchedule } from './sipp-arrivals.ts';
import { type FlowPath, flowFile } from './sipp-flows.ts';
import { hostPort, type Transport, transportArgv } from './sipp-transport.ts';

/** The user part of the request-URI. */
const SERVICE = 'bench';
/** SIPp's control port is a UDP socket that anyone may write to: on loopback only, and next to nobody's port. */
const CONTROL_PORT_OFFSET = 10_000;
/** A burst is held back for this long after the socket is open, so that buffers are checked and meters run before it. */
export const BURST_HOLD_MS = 200;
/** Statistics of the calling side; they also carry the rate that was really offered. */
export const CALLER_REPORT_MS = { steady: 50, burst: 10 } as const;
/** The answering side writes all campaign long. */
export const CALLEE_REPORT_MS = 100;
/** Both ends end by themselves when siptune is gone. */
const CALLER_GRACE_S = 60;
export const CALLEE_LIFE_S = 3_600;
/** Longer than any drain: a call that nobody answers goes away, but not while it is being counted. */
const RECV_TIMEOUT_SLACK_MS = 12_000;

export const CALLER_CSV = 'sipp-caller.csv';

export interface SippSide {
  readonly address: string;
  readonly port: number;
  readonly bufferBytes: number;
  readonly transport?: Transport;
  /** Where the flows are on SIPp's machine; undefined: where they are here. */
  readonly flowPath?: FlowPath;
}

export interface CallOrder {
  readonly plan: LoadPlan;
  /** Calls of the warm-up. */
  readonly uncounted: number;
  readonly counted: number;
  /** undefined: evenly spaced, or a burst. */
  readonly schedule?: ArrivalSchedule;
}

export function callOrder(plan: LoadPlan): CallOrder {
  if (plan.shape === 'burst') return { plan, uncounted: 0, counted: plan.calls };
  if (plan.calls) return { plan, ...plan.calls };
  return {
    plan,
    uncounted: Math.round((plan.rateCps * plan.warmupMs) / 1000),
    counted: Math.round((plan.rateCps * plan.windowMs) / 1000),
  };
}

export interface CallerArgs extends SippSide {
  readonly routerAddress: string;
  readonly routerPort: number;
  readonly calleeAddress: string;
  readonly calleePort: number;
  readonly flow: FlowName;
  readonly holdMs: number;
  readonly order: CallOrder;
}

export function callerArgv(args: CallerArgs): readonly string[] {
  const { order, holdMs, transport } = args;
  const calls = order.uncounted + order.counted;
  const seconds = order.plan.shape === 'steady' ? (order.plan.warmupMs + order.plan.windowMs) / 1000 : 0;
  const leadS = (order.schedule?.leadMs ?? 0) / 1000;
  return [
    'sipp',
    `${args.routerAddress}:${args.routerPort}`,
    // The flow whose calls wait for their time is written for each offer.
    ...common(args, order.schedule ? `${args.flow}.xml` : (args.flowPath ?? flowFile)(args.flow), holdMs),
    ...transportArgv(transport, 'caller'),
    ...(order.schedule ? ['-inf', ARRIVALS_CSV] : []),
    ...['-key', 'callee', hostPort(args.calleeAddress, args.calleePort, transport)],
    ...['-key', 'uncounted', String(order.uncounted)],
    ...['-d', String(holdMs)],
    ...pacing(order.plan),
    ...['-m', String(calls)],
    // Above -l SIPp skips calls without a word: no limit that can be reached.
    ...['-l', String(calls + 1)],
    ...['-trace_stat', '-stf', CALLER_CSV, '-fd', `${CALLER_REPORT_MS[order.plan.shape]}ms`],
    ...['-trace_rtt', '-rtt_freq', '1'],
    ...['-trace_error_codes', '-trace_counts'],
    ...['-timeout', `${Math.ceil(leadS + seconds + holdMs / 1000) + CALLER_GRACE_S}s`],
  ];
}

/**
 * A burst starts from rate 0 and is raised once, after the hold, to all its calls per millisecond: SIPp then begins
 * calls as fast as it can. (-rate_increase starts the clock anew at every step, which would spoil a steady rate.)
 */
function pacing(plan: LoadPlan): readonly string[] {
  if (plan.shape === 'steady') return ['-r', String(plan.rateCps)];
  const calls = String(plan.calls);
  return [
    ...['-r', '0', '-rp', '1'],
    ...['-rate_increase', calls, '-rate_max', calls, '-rate_interval', `${BURST_HOLD_MS}ms`, '-no_rate_quit'],
  ];
}

export interface CalleeArgs extends SippSide {
  readonly csvFile: string;
  readonly holdMs: number;
}

export function calleeArgv(args: CalleeArgs): readonly string[] {
  return [
    'sipp',
    ...common(args, (args.flowPath ?? flowFile)('answer'), args.holdMs),
    ...transportArgv(args.transport, 'callee'),
    ...['-trace_stat', '-stf', args.csvFile, '-fd', `${CALLEE_REPORT_MS}ms`],
    // A call that ends badly is forgotten: BYEs of ours would be traffic that no plan has.
    ...['-default_behaviors', 'all,-bye'],
    ...['-timeout', `${CALLEE_LIFE_S}s`],
  ];
}

function common(side: SippSide, file: string, holdMs: number): readonly string[] {
  return [
    ...['-sf', file],
    ...['-i', side.address, '-p', String(side.port)],
    ...['-ci', '127.0.0.1', '-cp', String(side.port + CONTROL_PORT_OFFSET)],
    ...['-s', SERVICE, '-key', 'contact', hostPort(side.address, side.port, side.transport)],
    ...['-buff_size', String(side.bufferBytes)],
    // The default of 10 ms sends a steady rate in lumps of 12 ms.
    ...['-timer_resol', '1'],
    ...['-recv_timeout', String(holdMs + RECV_TIMEOUT_SLACK_MS)],
    ...['-aa', '-nostdin', '-skip_rlimit'],
    ...['-f', String(CALLEE_LIFE_S)],
  ];
}
