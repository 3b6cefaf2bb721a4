// The journal's events, checked on reading as far as a reader relies on them: a damaged line is named, never trusted.
import { z } from 'zod';
import { type CampaignEvent, PHASES } from '../campaign/events.ts';
import { LIMITERS } from '../campaign/verdict.ts';
import { configuration, interval, metric, numbers } from './result-schema.ts';

const text = z.string();
const number = z.number();

const writeTarget = z.discriminatedUnion('via', [
  z.object({
    via: z.literal('sysctl'),
    key: text,
    netns: text.optional(),
    machine: z.literal('generators').optional(),
  }),
  z.object({ via: z.literal('txqueuelen'), device: text, netns: text.optional() }),
  z.object({ via: z.literal('router'), setting: text }),
  z.object({ via: z.literal('service'), defaultsFile: text, restartCommand: z.array(text) }),
]);

const setupMs = z.object({ p50: number, p95: number, p99: number, max: number }).nullable();
const carriage = { plannedCalls: number, goodCalls: number, loss: number, setupMs };

const trial = z.object({
  n: number,
  label: text,
  configuration,
  plan: z.discriminatedUnion('shape', [
    z.object({ shape: z.literal('steady'), rateCps: number, warmupMs: number, windowMs: number }),
    z.object({ shape: z.literal('burst'), calls: number }),
  ]),
  verdict: z.discriminatedUnion('state', [
    z.object({ state: z.literal('carried'), ...carriage }),
    z.object({ state: z.literal('overloaded'), limiter: z.enum(LIMITERS), evidence: text, ...carriage }),
    z.object({ state: z.literal('invalid'), reason: text }),
    z.object({ state: z.literal('failed'), reason: text, log: z.array(text) }),
  ]),
});

/** By type; the compiler asks for every one that there is. */
const SCHEMAS: Readonly<Record<CampaignEvent['type'], z.ZodType>> = {
  'campaign-started': z.object({ id: text, scenario: text, seed: number, budgetMs: number, pid: number }),
  phase: z.object({ phase: z.enum(PHASES) }),
  original: z.object({ knob: text, target: writeTarget, raw: text }),
  'originals-complete': z.object({}),
  armed: z.object({ host: text, periodMs: number, by: text, state: text }),
  'lease-lost': z.object({ reason: text }),
  'taken-over': z.object({ campaign: text }),
  'remote-opened': z.object({ host: text, workDir: text }),
  'lab-up': z.object({}),
  // Its content is checked where it is used: a step that is not whole ends the replay before it.
  step: z.looseObject({ call: text }),
  resumed: z.object({ pid: number, steps: number, trials: number, usedMs: number }),
  parted: z.object({ steps: number }),
  write: z.object({ knob: text, target: writeTarget, raw: text, reason: text }),
  'write-result': z.object({ knob: text, effective: text.nullable(), error: text.nullable() }),
  inert: z.object({ knob: text, reason: text }),
  'router-started': z.object({ pids: z.array(number) }),
  trial: z.object({ trial }),
  measured: z.object({ label: text, metric, value: interval }),
  proposed: z.object({ candidate: number, configuration, from: text }),
  rejected: z.object({ candidate: number, reason: text }),
  best: z.object({ label: text, configuration, metric, value: interval }),
  netperf: z.object({ label: text, result: numbers.nullable(), absent: text.nullable() }),
  warning: z.object({ message: text }),
  restored: z.object({ complete: z.boolean(), failures: z.array(text) }),
  'campaign-finished': z.object({ verdict: text, reason: text }),
};

const byType = new Map<string, z.ZodType>(Object.entries(SCHEMAS));

/** The event in a line of a journal, or what is wrong with it. */
export function parseEvent(line: string): CampaignEvent | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: 'not JSON' };
  }
  const typed = z.object({ type: text }).safeParse(value);
  if (!typed.success) return { problem: 'not an event' };
  const { type } = typed.data;
  const schema = byType.get(type);
  if (!schema) return { problem: `no event that this siptune knows: ${type}` };
  const parsed = schema.safeParse(value);
  if (parsed.success) return value as CampaignEvent;
  const [issue] = parsed.error.issues;
  return { problem: `${type}: ${issue?.path.join('.')}: ${issue?.message}` };
}
