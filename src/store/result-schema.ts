// result.json, checked on reading: a file that was cut, edited or made by another version is named, never trusted.
import { z } from 'zod';
import { LIMIT_METRICS, METRICS, RATE_METRICS } from '../scenario/metrics.ts';
import { callKind } from './load-schema.ts';
import { RESULT_SCHEMA } from './result.ts';

export const limitMetric = z.enum(LIMIT_METRICS);
export const metric = z.enum(METRICS);
export const interval = z.object({ estimate: z.number(), low: z.number(), high: z.number() });
const value = z.union([z.number(), z.string()]);
/** Names that every object has already would be found where nothing was written. */
const name = z.string().refine((key) => !(key in Object.prototype), 'is not a name that siptune writes');
export const configuration = z.record(name, value);
const measured = {
  config: configuration,
  capacityCps: interval.nullable(),
  burstCalls: interval.nullable(),
  lossShare: interval.optional(),
  p99SetupMs: interval.optional(),
  memoryMib: interval.optional(),
  cpuBound: z
    .object({ cpuMsPerCall: z.number(), fullAtCps: z.number(), capacityShare: z.number().nullable() })
    .nullish(),
  generatorBound: z
    .object({ capacityCps: z.number().optional(), burstCalls: z.number().optional() })
    .optional(),
};
const proofTrial = z.object({
  load: z.number(),
  carried: z.boolean(),
  cost: z.number().nullable(),
  busyShare: z.number().nullable(),
  value: z.number().optional(),
});
const contested = z.object({ value: interval, ratio: interval, count: z.number(), pValue: z.number() });
const ownGoal = {
  maximised: { maximise: limitMetric },
  minimised: { minimise: z.enum(RATE_METRICS), atRateCps: z.number() },
};
const bounds = {
  guards: z.array(z.object({ metric: limitMetric, mayFall: z.number() })),
  maxLoss: z.number(),
  maxP99SetupMs: z.number(),
  also: z.array(z.union([z.object(ownGoal.maximised), z.object(ownGoal.minimised)])).optional(),
};
export const numbers = z.record(name, z.number());

export const resultSchema = z.object({
  schema: z.literal(RESULT_SCHEMA),
  id: z.string(),
  scenario: z.string(),
  seed: z.number(),
  startedAt: z.string(),
  finishedAt: z.string(),
  target: z.object({
    host: z.string(),
    kernel: z.string(),
    cpu: z.string(),
    cpus: z.number(),
    memoryMib: z.number(),
    router: z.string(),
    routerVersion: z.string(),
    routerFlags: z.array(z.string()),
    simulated: z.object({ landscape: z.string(), noisePct: z.number() }).optional(),
  }),
  load: z.object(callKind).optional(),
  objective: z.union([
    z.object({ ...ownGoal.maximised, ...bounds }),
    z.object({ ...ownGoal.minimised, ...bounds }),
  ]),
  verdict: z.enum(['improved', 'not-proven', 'aborted']),
  reason: z.string(),
  baseline: z.object(measured).nullable(),
  contenders: z.array(
    z.object({ name: z.string(), ...measured, ratio: z.number().nullable(), proof: contested.optional() }),
  ),
  front: z
    .array(z.object({ name: z.string(), ...measured, proof: z.partialRecord(metric, contested).optional() }))
    .optional(),
  winner: z.object({ ...measured, minimal: z.boolean() }).nullable(),
  minimised: z
    .object({
      state: z.enum(['done', 'out-of-time', 'guard-broken']),
      load: z.number().nullable(),
      questions: z.array(z.object({ knobs: z.array(name), needed: z.boolean() })),
    })
    .nullish(),
  comparison: z
    .object({
      metric,
      ratio: interval,
      confidence: z.number(),
      pairs: z.number(),
      pValue: z.number(),
      chosenFrom: z.number().optional(),
      sides: z.object({ current: interval, winner: interval }).optional(),
      trials: z.array(z.object({ current: z.array(proofTrial), winner: z.array(proofTrial) })).optional(),
      guards: z.array(
        z.object({
          metric: limitMetric,
          ratio: interval,
          mayFall: z.number(),
          held: z.boolean(),
          measured: z.boolean().optional(),
        }),
      ),
    })
    .nullable(),
  samples: z.record(name, z.array(z.tuple([z.number(), z.number()]))),
  inert: z.array(z.object({ knob: z.string(), reason: z.string() })),
  importance: z.array(z.object({ knob: z.string(), share: z.number() })),
  netperf: z.object({
    absent: z.string().nullable(),
    current: numbers.nullable(),
    winner: numbers.nullable(),
  }),
  trials: z.object({
    total: z.number(),
    carried: z.number(),
    overloaded: z.number(),
    invalid: z.number(),
    failed: z.number(),
  }),
  cost: z.object({ wallS: z.number(), loadS: z.number(), restarts: z.number() }),
  restored: z.boolean(),
});
