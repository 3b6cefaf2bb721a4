// Puts a campaign's findings into the form of result.json.
import { RATE_METRICS } from '../scenario/metrics.ts';
import type { LoadSpec } from '../scenario/scenario.ts';
import { importanceOf } from '../stats/importance.ts';
import { type MeasuredConfiguration, RESULT_SCHEMA, type Result } from '../store/result.ts';
import { aimOf } from './aims/aim-of.ts';
import type { CampaignDeps } from './campaign.ts';
import { worthOf } from './finalist.ts';
import { type Findings, known, type Measured, perMetric } from './findings.ts';
import type { Prepared } from './test-bed.ts';
import type { TrialTally } from './trial-tally.ts';

interface ResultParts extends CampaignDeps {
  readonly prepared: Prepared | null;
  readonly findings: Findings;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  /** Without the time that an interrupted campaign was dead. */
  readonly wallMs: number;
  readonly cost: { readonly restarts: number; readonly loadMs: number; readonly trials: TrialTally };
}

function callKindOf({ flow, transport, arrivals, baseRateCps }: LoadSpec): NonNullable<Result['load']> {
  return {
    flow,
    ...(transport ? { transport } : {}),
    ...(arrivals ? { arrivals } : {}),
    ...(baseRateCps ? { baseRateCps } : {}),
  };
}

export function buildResult(parts: ResultParts): Result {
  const { scenario, findings, prepared } = parts;
  const aim = aimOf(scenario);
  const verdict = findings.aborted === null ? (findings.verdict ?? 'aborted') : 'aborted';
  const todays = worthOf({ aim }, findings.current);
  const netperf = [findings.netperfCurrent, findings.netperfWinner];
  const absent = netperf.find((report) => report?.state === 'absent');
  return {
    schema: RESULT_SCHEMA,
    id: parts.id,
    scenario: scenario.name,
    seed: scenario.seed,
    startedAt: parts.startedAt.toISOString(),
    finishedAt: parts.finishedAt.toISOString(),
    target: prepared?.target ?? unknownTarget(scenario.router.kind),
    load: callKindOf(scenario.load),
    objective: scenario.objective,
    verdict,
    reason: findings.aborted ?? findings.reason,
    baseline:
      findings.current && proven(measuredConfiguration(findings.current, findings), findings, 'current'),
    contenders: findings.contenders.map((contender) => {
      const own = worthOf({ aim }, contender);
      const once = own > 0 && todays > 0 ? own / todays : null;
      const { proven: proof } = contender;
      return {
        name: contender.label,
        ...measuredConfiguration(contender, findings),
        ...(proof ? { [aim.metric]: proof.value } : {}),
        ratio: proof?.ratio.estimate ?? once,
        ...(proof ? { proof } : {}),
      };
    }),
    ...(findings.front.length > 0 ? { front: frontPart(findings) } : {}),
    winner:
      verdict === 'improved' && findings.best
        ? {
            ...proven(
              measuredConfiguration(freshOf(findings.best, findings.searched), findings),
              findings,
              'winner',
            ),
            minimal: findings.minimised?.state === 'done' && findings.best === findings.finalist,
          }
        : null,
    minimised: findings.minimised,
    comparison: findings.comparison,
    samples: {},
    inert: prepared?.inert ?? [],
    importance: importanceOf(findings.observations, prepared?.inPlay ?? []),
    netperf: {
      absent: absent?.state === 'absent' ? absent.reason : null,
      current: numbersOf(findings.netperfCurrent),
      winner: numbersOf(findings.netperfWinner),
    },
    trials: parts.cost.trials,
    cost: {
      wallS: Math.round(parts.wallMs) / 1000,
      loadS: Math.round(parts.cost.loadMs / 100) / 10,
      restarts: parts.cost.restarts,
    },
    restored: findings.restored,
  };
}

/** What was measured of it in the proof takes the place of what was measured before. */
function frontPart(findings: Findings): NonNullable<Result['front']> {
  return findings.front.map((member) => {
    const proof = findings.frontProof.get(member);
    const values = Object.fromEntries(
      Object.entries(proof ?? {}).map(([metric, { value }]) => [metric, value]),
    );
    const isProven = proof !== undefined && Object.keys(proof).length > 0;
    return {
      name: member.label,
      ...measuredConfiguration(member, findings),
      ...values,
      ...(isProven ? { proof } : {}),
    };
  });
}

/** What was measured side by side takes the place of what was measured at other times. */
function proven(
  measured: MeasuredConfiguration,
  { comparison }: Findings,
  side: 'current' | 'winner',
): MeasuredConfiguration {
  return comparison?.sides ? { ...measured, [comparison.metric]: comparison.sides[side] } : measured;
}

/** Only what was measured in the proof. */
function freshOf(best: Measured, searched: Findings['searched']): Measured {
  return { ...best, values: perMetric((metric) => best.values[metric].slice(searched[metric])) };
}

function measuredConfiguration(measured: Measured, { cpuBounds }: Findings): MeasuredConfiguration {
  const capacityCps = known(measured, 'capacityCps');
  const bound = cpuBounds.get(measured.label);
  return {
    config: measured.configuration,
    capacityCps,
    burstCalls: known(measured, 'burstCalls'),
    ...Object.fromEntries(
      RATE_METRICS.flatMap((metric) => {
        const value = known(measured, metric);
        return value === null ? [] : [[metric, value]];
      }),
    ),
    ...(Object.keys(measured.unreachable).length > 0 ? { generatorBound: measured.unreachable } : {}),
    cpuBound: bound
      ? {
          cpuMsPerCall: Number(bound.cpuMsPerCall.toPrecision(3)),
          fullAtCps: Math.round(bound.fullAtCps),
          capacityShare: capacityCps && Number((capacityCps.estimate / bound.fullAtCps).toFixed(3)),
        }
      : null,
  };
}

function numbersOf(report: Findings['netperfCurrent']): Readonly<Record<string, number>> | null {
  if (report === null || report.state === 'absent') return null;
  const { state: _measured, ...numbers } = report;
  return numbers;
}

function unknownTarget(router: string): Result['target'] {
  return { host: '', kernel: '', cpu: '', cpus: 0, memoryMib: 0, router, routerVersion: '', routerFlags: [] };
}
