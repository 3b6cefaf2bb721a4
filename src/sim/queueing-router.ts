// The simulated router's receive path, as queues of messages that are worked off in small steps of virtual time: arrivals →
// softnet backlog → socket buffer → workers → egress queue, with callers that send again what was lost (RFC 3261). Amounts are
// fluid: a step moves fractions of calls, so that what a trial costs does not depend on its number of calls.
import type { LoadPlan } from '../load/load.ts';
import { type CallArrivals, callsInSteps } from './call-arrivals.ts';

/** Of a call's CPU time: INVITE, its answers (180 and 200), ACK, and BYE with its 200. */
export interface WorkShares {
  readonly invite: number;
  readonly answers: number;
  readonly ack: number;
  readonly bye: number;
}

/** A router as its queues see it: what its settings come to. */
export interface QueueingRouter {
  /** CPU time that a whole call takes, all its messages together, ms. */
  readonly callMs: number;
  /** Undefined: an INVITE takes most, for it makes a transaction. */
  readonly work?: WorkShares;
  /** How many messages are worked on at once, in CPUs: what the workers can use of them. */
  readonly cpus: number;
  /** Set-up delay of an idle router, ms. */
  readonly baseDelayMs: number;
  /** Datagrams that its socket holds before the next one is dropped. */
  readonly bufferDatagrams: number;
  /** Undefined: packets never wait between device and protocol stack. */
  readonly backlog?: {
    readonly packets: number;
    /** What the receive softirq hands on, packets/ms. */
    readonly packetsPerMs: number;
  };
  /** Undefined: packets never wait for the device. */
  readonly egress?: { readonly packets: number; readonly packetsPerMs: number };
  /** Undefined: there is always enough. */
  readonly memory?: {
    readonly mib: number;
    /** In use by an idle router. */
    readonly idleMib: number;
    readonly kibPerTransaction: number;
  };
  /** Datagrams that belong to no call (keepalives, scanners) and come all at once, at the beginning of each such period of a steady load. */
  readonly storm?: { readonly datagrams: number; readonly everyMs: number; readonly workMs: number };
}

export interface QueueRun {
  /** Of the counted calls: those of the window, or the burst. */
  readonly plannedCalls: number;
  readonly completedCalls: number;
  /** Answered with 500 for want of memory. */
  readonly refusedCalls: number;
  /** Calls of which a message was sent again, because it was dropped or waited for T1. */
  readonly sentAgain: number;
  /** Set-up delays in order of arrival, ms, each for an equal share of the completed calls. */
  readonly delaysMs: Float64Array;
  readonly dropped: { readonly backlog: number; readonly socket: number; readonly egress: number };
  /** Longest queue of the socket, and its means over the first and the last quarter of the window, datagrams. */
  readonly queue: { readonly peak: number; readonly early: number; readonly late: number };
  readonly egressPeakPackets: number;
  readonly memoryPeakMib: number;
  readonly transactionsPeak: number;
  /** Share of the window in which the workers had work, 0 to 1, and the datagrams that they took from the socket in it. */
  readonly busyShare: number;
  readonly datagrams: number;
  /** From the first call to the last message, warm-up and all, ms. */
  readonly lengthMs: number;
}

const STEADY_STEP_MS = 10;
const BURST_STEP_MS = 1;
/** RFC 3261, 17.1.1.2: what is not answered is sent again after T1, then after twice that, … */
const T1_MS = 500;
const ATTEMPTS = 3;
/** What is still open so long after the last call should have ended counts as unfinished, as it does in the lab. */
const DRAIN_MS = 1_000;
/** RFC 3261, timer I and K on UDP (T4); Kamailio and OpenSIPS: wt_timer. */
const TRANSACTION_LINGER_MS = 5_000;
/** With these a burst takes as long as in the lab, where its set-up half took two thirds of the CPU time of whole calls. */
const USUAL_WORK: WorkShares = { invite: 0.4, answers: 0.25, ack: 0.12, bye: 0.23 };
/** A retransmission is recognised and goes no further. */
const DUPLICATE_WORK = 0.1;
/** Datagrams that arrive for each. */
const DATAGRAMS = { answers: 2, bye: 2 } as const;
/** Delays that stand for all. */
const MOST_DELAYS = 400;
/** Amounts below this are rounding errors. */
const NOTHING = 1e-9;

export interface QueueConditions {
  /** Of the machine in this trial; 1 is its usual one. */
  readonly speed: number;
  readonly holdMs: number;
  readonly arrivals: CallArrivals;
  /** Ends when more than this share of the calls is lost: for those who only want to know whether it is. */
  readonly stopAtLoss?: number;
}

export function runQueues(
  router: QueueingRouter,
  plan: LoadPlan,
  { speed, holdMs, arrivals, stopAtLoss = 1 }: QueueConditions,
): QueueRun {
  const stepMs = plan.shape === 'steady' ? STEADY_STEP_MS : BURST_STEP_MS;
  const { calls, from, to } = callsInSteps(plan, stepMs, arrivals);
  const offered = calls.length;
  const t1 = T1_MS / stepMs;
  const hold = Math.max(1, Math.round(holdMs / stepMs));
  const linger = TRANSACTION_LINGER_MS / stepMs;
  const last = offered + hold + Math.ceil(DRAIN_MS / stepMs);
  const room = last + t1 * 2 ** (ATTEMPTS - 1) + hold + 2;
  let lanes = 0;
  const lane = () => {
    lanes += 1;
    return emptyLane(lanes - 1, room);
  };
  // By the step in which they arrive: new calls, those sent again (by attempt, then together), and what follows.
  const [fresh, again, dup, answers, late, ack, bye, junk] = [
    lane(),
    lane(),
    lane(),
    lane(),
    lane(),
    lane(),
    lane(),
    lane(),
  ];
  const attempts = Array.from({ length: ATTEMPTS }, lane);
  const attemptsFrom = Array.from({ length: ATTEMPTS }, lane);
  // Sums of the steps in which these calls were first sent: their means tell the delay.
  const [againFrom, answersFrom, lateFrom] = [lane(), lane(), lane()];
  const callLanes = [fresh, again, againFrom, dup, answers, answersFrom, late, lateFrom, ack, bye];
  const waitingLanes = [...callLanes, junk];
  /** Transactions that begin in each step. */
  const begun = lane();

  const callMs = router.callMs / speed;
  const work = router.work ?? USUAL_WORK;
  const inviteMs = work.invite * callMs;
  const answersMs = work.answers * callMs;
  const ackMs = work.ack * callMs;
  const byeMs = work.bye * callMs;
  const dupMs = DUPLICATE_WORK * inviteMs;
  const junkMs = (router.storm?.workMs ?? 0) / speed;
  const perStepMs = router.cpus * stepMs;
  const stormEvery = router.storm && plan.shape === 'steady' ? Math.round(router.storm.everyMs / stepMs) : 0;
  const mostTransactions = router.memory
    ? ((router.memory.mib - router.memory.idleMib) * 1024) / router.memory.kibPerTransaction
    : Number.POSITIVE_INFINITY;
  const perEgressStep = (router.egress?.packetsPerMs ?? 0) * stepMs;
  const perBacklogStep = (router.backlog?.packetsPerMs ?? 0) * stepMs;

  const dropped = { backlog: 0, socket: 0, egress: 0 };
  const delays: number[] = [];
  const amounts: number[] = [];
  let planned = 0;
  for (const amount of calls.subarray(from, to)) planned += amount;
  let [completed, refused, sentAgain, worked, busy] = [0, 0, 0, 0, 0];
  let [queue, peak, early, lateQueue, waiting, egress, egressPeak] = [0, 0, 0, 0, 0, 0, 0];
  let [transactions, transactionsPeak, open] = [0, 0, 0];
  let head = 0;
  let resentUntil = 0;
  const quarter = Math.max(1, (to - from) / 4);
  // Means of steps are rounded a little.
  const isCounted = (step: number) => step >= from - 1e-6 && step < to;
  /** What belongs to no single call any more: all of a burst's messages count, whenever they come. */
  const isWatched = (step: number) => plan.shape === 'burst' || isCounted(step);
  const resend = (attempt: number, step: number, amount: number, sentSum: number) => {
    if (attempt >= ATTEMPTS || amount < NOTHING) {
      open -= amount;
      return;
    }
    const due = step + t1 * 2 ** attempt;
    resentUntil = Math.max(resentUntil, due + 1);
    add(attempts[attempt] as Float64Array, due, amount);
    add(attemptsFrom[attempt] as Float64Array, due, sentSum);
  };

  const mostLost = stopAtLoss >= 1 ? Number.POSITIVE_INFINITY : stopAtLoss * planned;
  let t = 0;
  for (; t < last; t += 1) {
    // Arrivals of this step.
    const arriving = t < offered ? at(calls, t) : 0;
    const counted = isCounted(t);
    open += arriving;
    fresh[t] = arriving;
    let resent = 0;
    for (let n = 0; n < ATTEMPTS && t < resentUntil; n += 1) {
      const amount = at(attempts[n] as Float64Array, t);
      resent += amount;
      add(againFrom, t, at(attemptsFrom[n] as Float64Array, t));
    }
    again[t] = resent;
    // Whoever has no answer after T1 sends again, though nothing was lost; after 3 T1 once more.
    const waited =
      (t - t1 >= head ? at(fresh, t - t1) : 0) + (t - 3 * t1 >= head ? at(fresh, t - 3 * t1) : 0);
    dup[t] = waited;
    const came =
      arriving +
      resent +
      waited +
      DATAGRAMS.answers * (at(answers, t) + at(late, t)) +
      at(ack, t) +
      DATAGRAMS.bye * at(bye, t);

    // Nothing moves: most of a burst's time its calls are talking.
    if (came === 0 && head === t && queue === 0 && waiting === 0 && egress === 0 && stormEvery === 0) {
      head = t + 1;
      transactions -= t >= linger ? at(begun, t - linger) : 0;
      if (t >= offered + hold + 1 && open < 1e-6) break;
      continue;
    }

    // Between device and stack.
    let lostShare = 0;
    if (router.backlog && came > 0) {
      waiting = Math.max(0, waiting + came - perBacklogStep);
      const over = waiting - router.backlog.packets;
      if (over > 0) {
        lostShare = Math.min(1, over / came);
        dropped.backlog += lostShare * came;
        waiting = router.backlog.packets;
      }
    }
    queue += came * (1 - lostShare);
    scaleDown(t, lostShare);

    // The workers, oldest first.
    let left = perStepMs;
    let emitted = 0;
    let taken = 0;
    let invites = 0;
    let invitesFrom = 0;
    let done = 0;
    let againServed = 0;
    let againServedFrom = 0;
    while (left > NOTHING && head <= t) {
      const headMs =
        (at(fresh, head) + at(again, head)) * inviteMs +
        at(dup, head) * dupMs +
        (at(answers, head) + at(late, head)) * answersMs +
        at(ack, head) * ackMs +
        at(bye, head) * byeMs +
        at(junk, head) * junkMs;
      const share = headMs <= left ? 1 : left / headMs;
      left -= headMs * share;
      const f = at(fresh, head) * share;
      const a = at(again, head) * share;
      const r = at(answers, head) * share;
      const l = at(late, head) * share;
      const sent =
        f + a + DATAGRAMS.answers * (r + l) + (at(ack, head) + DATAGRAMS.bye * at(bye, head)) * share;
      const received = sent + (at(dup, head) + at(junk, head)) * share;
      queue -= received;
      taken += received;
      emitted += sent;
      invites += f;
      invitesFrom += f * head;
      againServed += a;
      againServedFrom += at(againFrom, head) * share;
      if (r > NOTHING) complete(at(answersFrom, head) / at(answers, head), r);
      if (l > NOTHING) complete(at(lateFrom, head) / at(late, head), l);
      done += r + l;
      add(begun, t, at(bye, head) * share);
      if (share === 1) {
        head += 1;
        continue;
      }
      keep(waitingLanes, head, 1 - share);
      break;
    }
    if (counted) {
      busy += perStepMs - left;
      worked += taken;
    }
    if (head > t) queue = 0;

    // What found no place in the socket: of the newest.
    const over = queue - router.bufferDatagrams;
    if (over > NOTHING) {
      const newest = datagramsAt(t);
      const share = newest > 0 ? Math.min(1, over / newest) : 0;
      dropped.socket += share * newest;
      queue -= share * newest;
      scaleDown(t, share);
    }
    if (router.storm && stormEvery > 0 && t < offered && (t - from) % stormEvery === 0) {
      const admitted = Math.min(router.storm.datagrams, router.bufferDatagrams - queue);
      // It waits behind what came in this step.
      if (head > t) head = t;
      add(junk, t, Math.max(0, admitted));
      queue += Math.max(0, admitted);
    }
    peak = Math.max(peak, queue);
    if (counted && t < from + quarter) early += queue / quarter;
    if (counted && t >= to - quarter) lateQueue += queue / quarter;

    // Shared memory: a transaction for each INVITE and each BYE, kept for a while after its end.
    transactions -= t >= linger ? at(begun, t - linger) : 0;
    const wanted = invites + againServed;
    const fits = Math.max(0, mostTransactions - transactions - at(begun, t));
    const turnedAway = wanted > fits ? 1 - fits / wanted : 0;
    if (turnedAway > 0) {
      if (isCounted(invitesFrom / Math.max(invites, NOTHING))) refused += invites * turnedAway;
      open -= wanted * turnedAway;
    }
    add(begun, t, wanted * (1 - turnedAway));
    transactions += at(begun, t);
    transactionsPeak = Math.max(transactionsPeak, transactions);

    // Towards the device.
    let egressSteps = 0;
    let egressLost = 0;
    if (router.egress) {
      egress = Math.max(0, egress + emitted - perEgressStep);
      const over = egress - router.egress.packets;
      if (over > 0 && emitted > 0) {
        egressLost = Math.min(1, over / emitted);
        dropped.egress += egressLost * emitted;
        egress = router.egress.packets;
      }
      egressPeak = Math.max(egressPeak, egress);
      egressSteps = Math.round(egress / perEgressStep);
    }
    const on = (1 - turnedAway) * (1 - egressLost);
    const next = Math.min(t + 1 + egressSteps, room - 1);
    add(answers, next, invites * on);
    add(answersFrom, next, invitesFrom * on);
    add(late, next, againServed * on);
    add(lateFrom, next, againServedFrom * on);
    if (egressLost > 0) {
      const lost = invites * (1 - turnedAway) * egressLost;
      if (isWatched(t)) sentAgain += lost + done * egressLost;
      resend(0, t, lost, invitesFrom * (1 - turnedAway) * egressLost);
      resend(
        1,
        t,
        againServed * (1 - turnedAway) * egressLost,
        againServedFrom * (1 - turnedAway) * egressLost,
      );
    }
    add(ack, t + 1, done);
    add(bye, t + hold, done);

    if (sentAgain + refused > mostLost) break;
    if (t >= offered + hold + 1 && open < 1e-6 && queue < 1e-3) break;
  }
  const inWindow = (to - from) * perStepMs;
  return {
    plannedCalls: planned,
    completedCalls: completed,
    refusedCalls: refused,
    sentAgain: Math.min(planned, sentAgain),
    delaysMs: evenShares(delays, amounts, completed),
    dropped,
    queue: { peak, early, late: lateQueue },
    egressPeakPackets: egressPeak,
    memoryPeakMib: router.memory
      ? Math.min(
          router.memory.mib,
          router.memory.idleMib + (transactionsPeak * router.memory.kibPerTransaction) / 1024,
        )
      : 0,
    transactionsPeak,
    busyShare: inWindow === 0 ? 0 : busy / inWindow,
    datagrams: worked,
    lengthMs: t * stepMs,
  };

  function complete(sentAt: number, amount: number): void {
    open -= amount;
    if (!isCounted(sentAt)) return;
    const delayMs = router.baseDelayMs + (t - sentAt - 1) * stepMs;
    completed += amount;
    if (delayMs >= T1_MS) sentAgain += amount;
    delays.push(delayMs);
    amounts.push(amount);
  }

  function datagramsAt(step: number): number {
    return step < head
      ? 0
      : at(fresh, step) +
          at(again, step) +
          at(dup, step) +
          DATAGRAMS.answers * (at(answers, step) + at(late, step)) +
          at(ack, step) +
          DATAGRAMS.bye * at(bye, step);
  }

  /** A share of what arrived in this step is lost, and sent again by whoever sent it. */
  function scaleDown(step: number, share: number): void {
    if (share <= 0) return;
    resend(0, step, at(fresh, step) * share, at(fresh, step) * share * step);
    resend(1, step, at(again, step) * share, at(againFrom, step) * share);
    // A 200 that was lost comes again after T1, and the call with it.
    const answered = at(answers, step) * share;
    const answeredFrom = at(answersFrom, step) * share;
    const back = step + t1;
    add(late, back, answered);
    add(late, back, at(late, step) * share);
    add(lateFrom, back, answeredFrom);
    add(lateFrom, back, at(lateFrom, step) * share);
    add(bye, back, at(bye, step) * share);
    if (isCounted(step)) sentAgain += at(fresh, step) * share;
    if (isWatched(step)) sentAgain += (at(ack, step) + at(bye, step)) * share;
    if (answered > 0 && isCounted(answeredFrom / answered)) sentAgain += answered;
    keep(callLanes, step, 1 - share);
  }
}

const LANES: Float64Array[] = [];

/** Memory that is used again from run to run: to get it anew costs more than the run. A run ends before the next one begins. */
function emptyLane(index: number, length: number): Float64Array {
  const known = LANES[index];
  if (known !== undefined && known.length >= length) return known.fill(0, 0, length);
  const made = new Float64Array(2 * length);
  LANES[index] = made;
  return made;
}

function keep(lanes: readonly Float64Array[], step: number, share: number): void {
  for (let n = 0; n < lanes.length; n += 1) {
    const lane = lanes[n] as Float64Array;
    lane[step] = (lane[step] as number) * share;
  }
}

/** Every step that is asked for is one of the lane's. */
function at(lane: Float64Array, step: number): number {
  return lane[step] as number;
}

function add(lane: Float64Array, step: number, amount: number): void {
  lane[step] = (lane[step] as number) + amount;
}

/** As many delays as there are calls, at most MOST_DELAYS: each stands for as many calls as the others. */
function evenShares(delays: readonly number[], amounts: readonly number[], total: number): Float64Array {
  const count = Math.min(MOST_DELAYS, Math.round(total));
  const shares = new Float64Array(count);
  let [index, upTo] = [0, amounts[0] ?? 0];
  for (let n = 0; n < count; n += 1) {
    const wanted = ((n + 0.5) / count) * total;
    while (upTo < wanted && index + 1 < delays.length) {
      index += 1;
      upTo += amounts[index] ?? 0;
    }
    shares[n] = delays[index] ?? 0;
  }
  return shares;
}
