// Arrivals for SIPp, which begins calls evenly and knows nothing else: each call is begun early and waits, before its first
// message, for its time. How long is worked out beforehand and injected, a line for each call.
import { readFile } from 'node:fs/promises';
import type { Arrivals, FlowName } from '../scenario/scenario.ts';
import { arrivalTimesMs } from './arrivals.ts';
import type { CallCounts, LoadPart, SteadyPlan } from './load.ts';
import { flowFile } from './sipp-flows.ts';

export const ARRIVALS_CSV = 'sipp-arrivals.csv';

/** Where a flow has its calls wait. */
const PLACE = /^[ \t]*<!-- arrivals:.*-->$/m;
const WAIT = `  <nop hide="true">
    <action>
      <assignstr assign_to="wait_text" value="[field0]"/>
      <todouble assign_to="wait" variable="wait_text"/>
    </action>
  </nop>
  <pause variable="wait"/>`;

/** Scenarios' seeds are below this, so no two trials of any two campaigns share one by accident of a sum. */
const SEED_STEP = 2 ** 32;

export function arrivalSeed(seed: number, trial: number): number {
  return seed + trial * SEED_STEP;
}

export interface ArrivalSchedule {
  /** For each call of the offer, from when SIPp begins it to its first message. */
  readonly waitsMs: Int32Array;
  /** The whole plan is this much later than it would be without waiting. */
  readonly leadMs: number;
  /** When each counted call is to be begun, from the first of them on. */
  readonly countedAtMs: Float64Array;
}

/**
 * Of several generators each works out the schedule of the whole and takes its own calls from it, as cards are dealt: so the
 * router sees the same arrivals however many there are, and a burst of the schedule comes from all of them at once.
 */
export function scheduleArrivals(
  plan: SteadyPlan,
  counts: CallCounts,
  arrivals: Arrivals,
  seed: number,
  { index, of }: Pick<LoadPart, 'index' | 'of'> = { index: 0, of: 1 },
): ArrivalSchedule {
  const timesMs = arrivalTimesMs(plan, counts, arrivals, seed);
  // Each generator begins its calls evenly, all of them at the same time.
  const begunMs = (call: number) => ((Math.floor(call / of) + 1) * of * 1_000) / plan.rateCps;
  // No call can wait for less than nothing.
  const leadMs = Math.ceil(timesMs.reduce((most, time, call) => Math.max(most, begunMs(call) - time), 0));
  const own = (_: number, call: number) => call % of === index;
  const waitsMs = timesMs.map((time, call) => Math.round(time + leadMs - begunMs(call))).filter(own);
  const counted = timesMs.filter((time, call) => call >= counts.uncounted && own(time, call));
  return {
    waitsMs: Int32Array.from(waitsMs),
    leadMs,
    countedAtMs: counted.map((time) => time - (counted[0] ?? 0)),
  };
}

/** The flow with its calls waiting, and their waits, to be put where SIPp works. */
export async function arrivalFiles(
  flow: FlowName,
  schedule: ArrivalSchedule,
): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const text = await readFile(flowFile(flow), 'utf8');
  if (!PLACE.test(text)) throw new Error(`${flowFile(flow)} has no place for arrivals`);
  return [
    { name: `${flow}.xml`, text: text.replace(PLACE, WAIT) },
    { name: ARRIVALS_CSV, text: `SEQUENTIAL\n${schedule.waitsMs.join('\n')}\n` },
  ];
}
