// What all meters share: a look at start, one each second, one at stop; raw looks in <name>.jsonl; nothing ever hangs.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Meter, MeterContext, MeterReport, Stopped } from './meter.ts';

export interface Look<Sample> {
  /** On the clock's monotonic axis, in the middle of the reading. */
  readonly atMs: number;
  readonly sample: Sample;
}

export interface Session<Sample> {
  /** Rejects with a reason that a user understands; it becomes a fault. */
  read(): Promise<Sample>;
  /** False while a look costs too much to be repeated each second: then only start and stop look. */
  readonly cheap?: () => boolean;
  /** Gets at least two looks, the first of the start and the last of the stop. */
  summarise(looks: readonly [Look<Sample>, ...Look<Sample>[]]): MeterReport | Promise<MeterReport>;
  /** Called once, before the last look: begins what is done once at the end, side by side with that look. */
  ending?(): void;
  /** Notes that spoil nothing but belong in the record. */
  readonly faults?: readonly string[];
  close?(): Promise<void>;
}

export interface SampledMeter<Sample> {
  readonly name: string;
  readonly span?: Meter['span'];
  readonly clock: Clock;
  readonly open: (context: MeterContext) => Session<Sample> | Promise<Session<Sample>>;
}

const INTERVAL_MS = 1000;
/** A timer may fire this late without anything being amiss. */
const LATE_MS = 200;
/**
 * A burst waits for start(), or its first drops would come before the first look. Local looks take a few ms, those over a
 * long link two ways; a slower one is still used, stamped with its own time.
 */
const START_WAIT_MS = 1000;
/** A router that is choked by a trial must not hold up the trial's end. */
const STOP_WAIT_MS = 1000;

export function createSampledMeter<Sample>({ name, span, clock, open }: SampledMeter<Sample>): Meter {
  let running: Running<Sample> | undefined;
  return {
    name,
    ...(span === undefined ? {} : { span }),
    async start(context) {
      if (running) throw new Error('is running already');
      const session = await open(context);
      running = run(session, clock, context.rawDir);
      await within(clock, running.first, START_WAIT_MS);
    },
    async stop() {
      const ending = running;
      running = undefined;
      if (!ending) return { report: {}, faults: ['was never started'] };
      try {
        return await finish(ending, name, clock);
      } finally {
        await ending.session.close?.();
      }
    },
  };
}

interface Running<Sample> {
  readonly session: Session<Sample>;
  readonly rawDir: string;
  readonly looks: Look<Sample>[];
  readonly faults: Set<string>;
  readonly first: Promise<void>;
  readonly loop: Promise<void>;
  readonly look: () => Promise<void>;
  readonly halt: AbortController;
  readonly startMs: number;
}

function run<Sample>(session: Session<Sample>, clock: Clock, rawDir: string): Running<Sample> {
  const looks: Look<Sample>[] = [];
  const faults = new Set<string>();
  const halt = new AbortController();
  const startMs = clock.nowMs();
  const look = async () => {
    const beforeMs = clock.nowMs();
    try {
      const sample = await session.read();
      looks.push({ atMs: (beforeMs + clock.nowMs()) / 2, sample });
    } catch (error) {
      faults.add(messageOf(error));
    }
  };
  const first = look();
  const loop = first.then(async () => {
    while (!halt.signal.aborted) {
      const sinceStartMs = clock.nowMs() - startMs;
      await clock.sleep(INTERVAL_MS - (sinceStartMs % INTERVAL_MS), halt.signal);
      if (!halt.signal.aborted && session.cheap?.() !== false) await look();
    }
  });
  return { session, rawDir, looks, faults, first, loop, look, halt, startMs };
}

async function finish<Sample>(running: Running<Sample>, name: string, clock: Clock): Promise<Stopped> {
  running.halt.abort();
  const expected = looksIn(clock.nowMs() - running.startMs, running.session.cheap?.() !== false);
  await within(clock, running.loop, STOP_WAIT_MS);
  const before = running.looks.length;
  running.session.ending?.();
  await within(clock, running.look(), STOP_WAIT_MS);
  const looks = [...running.looks];
  await writeFile(
    join(running.rawDir, `${name}.jsonl`),
    looks.map((look) => `${JSON.stringify(look)}\n`).join(''),
  );
  const [first, ...rest] = looks;
  const samples = { expected, missed: Math.max(0, expected - looks.length) };
  if (looks.length === before && running.faults.size === 0)
    running.faults.add(
      `no answer within ${STOP_WAIT_MS} ms at the end of the window: its last moments are missing`,
    );
  if (first === undefined || rest.length === 0) {
    if (running.faults.size === 0) running.faults.add('fewer than two samples: nothing to compare');
    return { report: {}, faults: [...running.faults], samples };
  }
  const report = await running.session.summarise([first, ...rest]);
  return { report, faults: [...running.faults, ...(running.session.faults ?? [])], samples };
}

/** At the start, each second after it, and at the stop; one that was about to come when the stop did is not missed. */
function looksIn(elapsedMs: number, eachSecond: boolean): number {
  return 2 + (eachSecond ? Math.max(0, Math.floor((elapsedMs - LATE_MS) / INTERVAL_MS)) : 0);
}

/** Waits for `work`, but not for longer than `ms`. */
export async function within(clock: Clock, work: Promise<void>, ms: number): Promise<void> {
  const giveUp = new AbortController();
  await Promise.race([work, clock.sleep(ms, giveUp.signal)]);
  giveUp.abort();
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
