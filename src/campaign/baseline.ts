// Measures what there is before anything is searched: `current`, and the contenders that the scenario names.
import type { LimitFound } from '../capacity/search-limit.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Campaign } from './campaign.ts';
import { combined, createMeasured, type Measured } from './findings.ts';
import { MeasurementFailed, type MeasureOptions, measure, type Prior } from './measure.ts';
import { burstPrior } from './prior.ts';

/** How closely each is wanted, to either side: a burst moves by factors, a capacity by per cents. */
export const WIDTH = { burstCalls: 0.06, capacityCps: 0.04 } as const;

/** The proof measures today's again, closely, before it holds anything to it. */
const GUARD_WIDTH = (metric: Metric) => ({ width: 2 * WIDTH[metric] });

/** The objective's own metric first, so that the first number comes soon. */
export async function measureBaseline(campaign: Campaign): Promise<void> {
  const { bed, findings, prepared, budget, scenario } = campaign;
  const applied = await bed.apply(prepared.current, 'baseline: what the system has today');
  if (applied.state === 'failed')
    throw new MeasurementFailed(
      `the router does not start as it is today: ${applied.reason}\n${applied.log.join('\n')}`.trim(),
    );
  findings.current = createMeasured('current', prepared.current);
  const endMs = budget.deadlineMs('baseline');
  const nowMs = campaign.clock.nowMs();
  await measureInto(campaign, findings.current, scenario.objective.maximise, nowMs + (endMs - nowMs) * 0.45);
  findings.netperfCurrent = await bed.netperf();
  await emitNetperf(campaign, 'current');
  for (const guard of scenario.objective.guards)
    await measureInto(campaign, findings.current, guard.metric, endMs, GUARD_WIDTH(guard.metric));
}

export async function measureContenders(campaign: Campaign): Promise<void> {
  const { bed, findings, prepared, budget, scenario, clock } = campaign;
  for (const [index, contender] of prepared.contenders.entries()) {
    if (campaign.signal.aborted) return;
    const measured = createMeasured(contender.name, contender.configuration);
    findings.contenders.push(measured);
    const applied = await bed.apply(contender.configuration, `contender ${contender.name}`);
    if (applied.state === 'failed') {
      await campaign.emit({ type: 'warning', message: `contender ${contender.name}: ${applied.reason}` });
      continue;
    }
    const leftMs = budget.deadlineMs('contenders') - clock.nowMs();
    const endMs = clock.nowMs() + leftMs / (prepared.contenders.length - index);
    await measureInto(
      campaign,
      measured,
      scenario.objective.maximise,
      clock.nowMs() + (endMs - clock.nowMs()) * 0.45,
    );
    for (const guard of scenario.objective.guards) {
      if (budget.tooLate(budget.deadlineMs('contenders'), 0)) {
        await campaign.emit({
          type: 'warning',
          message: `no time to measure ${guard.metric} of ${contender.name}`,
        });
        continue;
      }
      await measureInto(campaign, measured, guard.metric, endMs, GUARD_WIDTH(guard.metric));
    }
  }
}

/** Measures one metric of the configuration in force and files it; what was found comes back, too. */
export async function measureInto(
  campaign: Campaign,
  measured: Measured,
  metric: 'capacityCps' | 'burstCalls',
  deadlineMs: number,
  known: Partial<Pick<MeasureOptions, 'carried' | 'needsBound' | 'width'>> = {},
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
      ...known,
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
  metric: Metric,
  found: LimitFound,
  wallMs: number,
): Promise<void> {
  if (found.trials === 0) return;
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
function priorOf(
  campaign: Campaign,
  measured: Measured,
  metric: 'capacityCps' | 'burstCalls',
): Prior | undefined {
  const own = combined(measured.values[metric]);
  if (own !== null && own.estimate > 0) return { value: own.estimate, measured: true };
  const capacity = combined(campaign.findings.current?.values.capacityCps ?? [])?.estimate;
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

export async function emitNetperf(campaign: Campaign, label: 'current' | 'winner'): Promise<void> {
  const report = label === 'current' ? campaign.findings.netperfCurrent : campaign.findings.netperfWinner;
  if (report === null) return;
  if (report.state === 'absent') {
    await campaign.emit({ type: 'netperf', label, result: null, absent: report.reason });
    return;
  }
  const { state: _measured, ...numbers } = report;
  await campaign.emit({ type: 'netperf', label, result: numbers, absent: null });
}
