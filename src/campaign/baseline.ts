// Measures what there is before anything is searched: `current`, and the contenders that the scenario names.
import type { LimitMetric } from '../scenario/scenario.ts';
import type { Campaign } from './campaign.ts';
import { createMeasured } from './findings.ts';
import { MeasurementFailed } from './measure.ts';
import { measureInto, WIDTH } from './measure-into.ts';

/** The proof measures today's again, closely, before it holds anything to it. */
const GUARD_WIDTH = (metric: LimitMetric) => ({ width: 2 * WIDTH[metric] });

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
  await campaign.aim.measure(campaign, findings.current, nowMs + (endMs - nowMs) * 0.45);
  findings.netperfCurrent = await bed.netperf();
  await emitNetperf(campaign, 'current');
  for (const aim of campaign.aims.slice(1)) await aim.measure(campaign, findings.current, endMs, 'fair');
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
    await campaign.aim.measure(campaign, measured, clock.nowMs() + (endMs - clock.nowMs()) * 0.45);
    for (const aim of campaign.aims.slice(1)) await aim.measure(campaign, measured, endMs, 'fair');
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
