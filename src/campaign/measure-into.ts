// Measures a limit of the configuration in force, with what is known of it beforehand, and files what is found.
import type { LimitFound } from '../capacity/search-limit.ts';
import type { LimitMetric } from '../scenario/scenario.ts';
import type { Campaign } from './campaign.ts';
import { known, type Measured } from './findings.ts';
import { type MeasureOptions, measure, type Prior } from './measure.ts';
import { burstPrior } from './prior.ts';

/** How closely each is wanted, to either side: a burst moves by factors, a capacity by per cents. */
export const WIDTH = { burstCalls: 0.06, capacityCps: 0.04 } as const;

/** Measures one metric of the configuration in force and files it; what was found comes back, too. */
export async function measureInto(
  campaign: Campaign,
  measured: Measured,
  metric: LimitMetric,
  deadlineMs: number,
  given: Partial<Pick<MeasureOptions, 'carried' | 'needsBound' | 'width'>> = {},
): Promise<LimitFound> {
  const startMs = campaign.clock.nowMs();
  const found = await measure(
    {
      label: measured.label,
      metric,
      prior: priorOf(campaign, measured, metric),
      deadlineMs,
      budgetEndMs: campaign.budget.endMs,
      width: WIDTH[metric],
      ...given,
    },
    { ...campaign, load: campaign.scenario.load },
  );
  await fileFound(campaign, measured, metric, found, campaign.clock.nowMs() - startMs);
  return found;
}

/** Files what was found of a configuration, and says so. */
export async function fileFound(
  campaign: Campaign,
  measured: Measured,
  metric: LimitMetric,
  found: LimitFound,
  wallMs: number,
): Promise<void> {
  // What was seen to be carried before counts, too: above it there may be nothing that can be offered.
  if (found.evidence.length === 0) return;
  measured.values[metric].push(found.limit);
  const generatorBound = endedByGenerators(found);
  if (generatorBound !== null)
    measured.unreachable[metric] = Math.min(generatorBound, measured.unreachable[metric] ?? generatorBound);
  await campaign.emit({
    type: 'measured',
    label: measured.label,
    metric,
    value: found.limit,
    ...(generatorBound === null ? {} : { unreachable: generatorBound }),
    loads: found.evidence.map(({ load, carried }) => ({ load, carried })),
    wallMs,
  });
}

/** The least load that could not be offered, where no load was too much for the router. */
function endedByGenerators({ unreachable, evidence }: LimitFound): number | null {
  return evidence.every(({ carried }) => carried) ? unreachable : null;
}

/** What was measured of it before; else what was measured of `current`; for a burst, what its buffer should hold. */
function priorOf(campaign: Campaign, measured: Measured, metric: LimitMetric): Prior | undefined {
  const own = known(measured, metric);
  if (own !== null && own.estimate > 0) return { value: own.estimate, measured: true };
  const capacity = known(campaign.findings.current, 'capacityCps')?.estimate;
  const guess = metric === 'capacityCps' ? capacity : guessBurst(campaign, measured, capacity);
  return guess === undefined ? undefined : { value: guess, measured: false };
}

function guessBurst(
  campaign: Campaign,
  measured: Measured,
  capacity: number | undefined,
): number | undefined {
  return burstPrior(
    { ...campaign.prepared.current, ...measured.configuration },
    capacity,
    campaign.scenario.objective.maxP99SetupMs,
  );
}
