// The router's own view: how full its memory pools became, how many messages it refused, and what its log says of memory.
import type { Clock } from '../clock.ts';
import type { Router, RouterStats } from '../routers/router.ts';
import { increase } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { countOutOfMemory, linesAfter } from './out-of-memory.ts';
import { createSampledMeter, type Look, messageOf } from './sampled-meter.ts';

/** A statistic that takes longer than this is asked for at the start and at the stop only. */
const CHEAP_MS = 20;
/** Then the look counts as failed, and the trial goes on. */
const ANSWER_LIMIT_MS = 800;
const MIB = 1024 ** 2;
/** The log is searched for this many lines back: a flood of messages counts up to here. */
const LOG_LINES = 2000;
const MARK_LINES = 10;

/** Report key → the names that routers give the counter; deltas, missing ones stay out of the report. */
const COUNTERS: Readonly<Record<string, readonly string[]>> = {
  receivedRequests: ['core:rcv_requests'],
  receivedReplies: ['core:rcv_replies'],
  droppedRequests: ['core:drop_requests'],
  droppedReplies: ['core:drop_replies'],
  erroneousRequests: ['core:err_requests'],
  erroneousReplies: ['core:err_replies'],
  slowMessages: ['core:slow_messages'],
  uasTransactions: ['tm:UAS_transactions', 'tmx:UAS_transactions'],
  uacTransactions: ['tm:UAC_transactions', 'tmx:UAC_transactions'],
  transactions5xx: ['tm:5xx_transactions', 'tmx:5xx_transactions'],
};

export function createRouterMeter(router: Router, clock: Clock): Meter {
  return createSampledMeter<RouterStats>({
    name: 'router',
    // A process for each look: not at the edges of the window, where it would disturb the router that is measured.
    span: 'offer',
    clock,
    open() {
      const faults: string[] = [];
      const mark = router.logTail(MARK_LINES).catch((): readonly string[] => []);
      let tail: Promise<readonly string[]> | undefined;
      let costMs = 0;
      return {
        faults,
        cheap: () => costMs <= CHEAP_MS,
        async read() {
          const beforeMs = clock.nowMs();
          const stats = await withinLimit(router.stats(), clock).catch(messageOf);
          costMs = clock.nowMs() - beforeMs;
          if (typeof stats !== 'string') return stats;
          // Not a failed look: a router without memory for an answer still tells the reason in its log.
          const fault = `the router's statistics cannot be read: ${stats}`;
          if (!faults.includes(fault)) faults.push(fault);
          return {};
        },
        ending() {
          tail = router.logTail(LOG_LINES);
          // Told by summarise(), if it comes to that.
          tail.catch(() => {});
        },
        async summarise(looks) {
          const report = routerReport(looks);
          try {
            const lines = linesAfter(await mark, (await tail) ?? []);
            return { ...report, routerLogOutOfMemory: countOutOfMemory(lines) };
          } catch (error) {
            faults.push(`the router's log cannot be read: ${messageOf(error)}`);
            return report;
          }
        },
      };
    },
  });
}

async function withinLimit(stats: Promise<RouterStats>, clock: Clock): Promise<RouterStats> {
  const giveUp = new AbortController();
  const late = clock.sleep(ANSWER_LIMIT_MS, giveUp.signal).then(() => {
    throw new Error(`no answer within ${ANSWER_LIMIT_MS} ms`);
  });
  try {
    return await Promise.race([stats, late]);
  } finally {
    late.catch(() => {});
    giveUp.abort();
  }
}

export function routerReport(looks: readonly Look<RouterStats>[]): MeterReport {
  const all = looks.map(({ sample }) => sample).filter((stats) => Object.keys(stats).length > 0);
  const first = all[0];
  const last = all[all.length - 1];
  if (!first || !last) return {};
  const report: Record<string, number> = {};

  const peakBytes = shmPeakBytes(all, first, last);
  const totalBytes = last['shm:totalBytes'];
  if (peakBytes !== null) report.shmUsedPeakMib = peakBytes / MIB;
  if (peakBytes !== null && totalBytes) report.shmUsedPeakShare = peakBytes / totalBytes;
  const pkgWorst = highest(all, 'pkg:worstUsedShare');
  if (pkgWorst !== null) report.pkgWorstUsedShare = pkgWorst;
  const inUse = highest(all, 'tm:inUse');
  if (inUse !== null) report.tmInUsePeak = inUse;

  for (const [key, names] of Object.entries(COUNTERS)) {
    const name = names.find((candidate) => last[candidate] !== undefined);
    if (name !== undefined) report[key] = increase(first[name] ?? 0, last[name] ?? 0);
  }
  return report;
}

/** The router's own high-water mark is of its whole life: it says something of this window only when it rose in it. */
function shmPeakBytes(all: readonly RouterStats[], first: RouterStats, last: RouterStats): number | null {
  const mark = last['shm:maxUsedBytes'];
  if (mark !== undefined && mark > (first['shm:maxUsedBytes'] ?? 0)) return mark;
  return highest(all, 'shm:usedBytes') ?? mark ?? null;
}

function highest(all: readonly RouterStats[], name: string): number | null {
  const values = all.map((stats) => stats[name]).filter((value) => value !== undefined);
  return values.length === 0 ? null : Math.max(...values);
}
