// All meters together: they start and stop in parallel, and one that fails takes no other with it.
import type { Meter, MeterContext, MeterReport, Stopped } from './meter.ts';
import { messageOf } from './sampled-meter.ts';

/** Why a meter did not start, until it is stopped. */
const startFailures = new WeakMap<Meter, string>();

/** Never rejects; what failed is told by stopAll(). */
export async function startAll(meters: readonly Meter[], context: MeterContext): Promise<void> {
  await Promise.all(
    meters.map(async (meter) => {
      startFailures.delete(meter);
      try {
        await meter.start(context);
      } catch (error) {
        startFailures.set(meter, messageOf(error));
      }
    }),
  );
}

/** Name of the report that says which meters missed samples. */
const SAMPLING = 'sampling';

/** Reports by meter, {} from one that failed, and each fault with the name of its meter in front. Never rejects. */
export async function stopAll(
  meters: readonly Meter[],
): Promise<{ readonly reports: Readonly<Record<string, MeterReport>>; readonly faults: readonly string[] }> {
  const stopped = await Promise.all(
    meters.map(async (meter) => {
      const failure = startFailures.get(meter);
      const stop: Stopped = failure === undefined ? await stopOne(meter) : { report: {}, faults: [failure] };
      return { name: meter.name, ...stop, faults: stop.faults.map((fault) => `${meter.name}: ${fault}`) };
    }),
  );
  const sampling = samplingReport(stopped);
  return {
    reports: {
      ...Object.fromEntries(stopped.map(({ name, report }) => [name, report])),
      ...(Object.keys(sampling).length > 0 ? { [SAMPLING]: sampling } : {}),
    },
    faults: stopped.flatMap(({ faults }) => faults),
  };
}

/** Only of meters that missed some. */
function samplingReport(
  stopped: readonly (Pick<Stopped, 'samples'> & { readonly name: string })[],
): MeterReport {
  return Object.fromEntries(
    stopped.flatMap(({ name, samples }) =>
      samples && samples.missed > 0
        ? [
            [`${name}Missed`, samples.missed],
            [`${name}Expected`, samples.expected],
          ]
        : [],
    ),
  );
}

async function stopOne(meter: Meter): Promise<Stopped> {
  try {
    return await meter.stop();
  } catch (error) {
    return { report: {}, faults: [messageOf(error)] };
  }
}
