// Steps as they are read: a journal may be damaged, and a step that is not whole must not be taken for an answer.
import { z } from 'zod';

const number = z.number();
const configuration = z.record(z.string(), z.union([number, z.string()]));
const object = z.looseObject({});
const timed = { reads: z.array(number), endMs: number };
const outcome = z.discriminatedUnion('state', [
  z.looseObject({ state: z.literal('applied'), restarted: z.boolean() }),
  z.looseObject({ state: z.literal('failed'), reason: z.string(), log: z.array(z.string()) }),
]);
const plan = z.discriminatedUnion('shape', [
  z.looseObject({ shape: z.literal('steady'), rateCps: number, warmupMs: number, windowMs: number }),
  z.looseObject({ shape: z.literal('burst'), calls: number }),
]);

export const stepSchema = z.discriminatedUnion('call', [
  z.looseObject({
    ...timed,
    call: z.literal('prepare'),
    prepared: z.looseObject({
      target: object,
      identity: object,
      current: configuration,
      inPlay: z.array(object),
      contenders: z.array(object),
      constraintFacts: object,
    }),
  }),
  z.looseObject({ ...timed, call: z.literal('apply'), configuration, reason: z.string(), outcome }),
  z.looseObject({ ...timed, call: z.literal('offer'), n: number, label: z.string(), plan }),
  z.looseObject({ ...timed, call: z.literal('recover'), outcome }),
  z.looseObject({
    ...timed,
    call: z.literal('netperf'),
    report: z.union([
      z.looseObject({ state: z.literal('absent'), reason: z.string() }),
      z.looseObject({ state: z.literal('measured') }),
    ]),
  }),
]);

export const trialSchema = z.looseObject({
  n: number,
  plan,
  verdict: z.union([
    z.looseObject({ state: z.enum(['carried', 'overloaded']) }),
    z.looseObject({ state: z.enum(['invalid', 'failed']), reason: z.string() }),
  ]),
  meters: z.record(z.string(), z.record(z.string(), number)),
  wallMs: number,
});
