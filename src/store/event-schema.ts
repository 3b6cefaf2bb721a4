// The events of a journal, checked on reading: what was cut, edited or forged is named, and never acted upon.
import { z } from 'zod';
import { type CampaignEvent, PHASES } from '../campaign/events.ts';
import { LIMITERS } from '../campaign/verdict.ts';
import { METRICS } from '../scenario/metrics.ts';
import type { Original } from '../targets/original.ts';
import { originalProblem } from '../targets/original-check.ts';
import { REMOTE_FOLDER } from '../targets/remote-folder.ts';
import { parseSshAddress } from '../targets/ssh/ssh-address.ts';

/** The kernel gives no larger process ID (PID_MAX_LIMIT); 0 and 1 are never a process of ours. */
const LARGEST_PID = 2 ** 22;

/** JSON has no infinity: it is written as null. */
const amount = z.number().nullable();
const metric = z.enum(METRICS);
const amounts = z.record(z.string(), amount);
const configuration = z.record(z.string(), z.union([z.number(), z.string()]));
const interval = z.object({ estimate: amount, low: amount, high: amount });
const pid = z.int().min(2).max(LARGEST_PID);
const netns = z.string().optional();

const target = z.discriminatedUnion('via', [
  z.object({
    via: z.literal('sysctl'),
    key: z.string(),
    netns,
    machine: z.literal('generators').optional(),
  }),
  z.object({ via: z.literal('txqueuelen'), device: z.string(), netns }),
  z.object({ via: z.literal('router'), setting: z.string() }),
  z.object({ via: z.literal('service'), defaultsFile: z.string(), restartCommand: z.array(z.string()) }),
]);

const original = z.object({ knob: z.string(), target, raw: z.string() }).superRefine((value, context) => {
  const problem = originalProblem(value as Original);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

const plan = z.discriminatedUnion('shape', [
  z.object({
    shape: z.literal('steady'),
    rateCps: z.number(),
    warmupMs: z.number(),
    windowMs: z.number(),
  }),
  z.object({ shape: z.literal('burst'), calls: z.number(), baseRateCps: z.number().optional() }),
]);

const carriage = {
  plannedCalls: amount,
  goodCalls: amount,
  completedCalls: amount.optional(),
  loss: amount,
  setupMs: z.object({ p50: amount, p95: amount, p99: amount, max: amount }).nullable(),
};

const verdict = z.discriminatedUnion('state', [
  z.object({ state: z.literal('carried'), ...carriage }),
  z.object({
    state: z.literal('overloaded'),
    limiter: z.enum(LIMITERS),
    evidence: z.string(),
    ...carriage,
  }),
  z.object({ state: z.literal('invalid'), reason: z.string() }),
  z.object({ state: z.literal('failed'), reason: z.string(), log: z.array(z.string()) }),
]);

const trial = z.object({
  n: z.number(),
  label: z.string(),
  configuration,
  plan,
  verdict,
  meters: z.record(z.string(), amounts),
  ua: z
    .object({
      calls: z.number(),
      failed: amount,
      p50Ms: amount,
      p95Ms: amount.optional(),
      p99Ms: amount.optional(),
      maxMs: amount,
    })
    .nullable(),
  meterFaults: z.array(z.string()),
  wallMs: amount,
});

/** One for each event: a new one is not read back before it stands here. */
const SCHEMAS: Readonly<Record<CampaignEvent['type'], z.ZodType>> = {
  'campaign-started': z.object({
    id: z.string(),
    scenario: z.string(),
    seed: z.number(),
    budgetMs: z.number(),
    pid,
  }),
  phase: z.object({ phase: z.enum(PHASES) }),
  original,
  'originals-complete': z.object({ count: z.int().optional() }),
  armed: z.object({
    host: z.string().optional(),
    of: z.literal('generators').optional(),
    periodMs: z.number(),
    by: z.string(),
    state: z.string(),
  }),
  'lease-lost': z.object({ reason: z.string() }),
  'taken-over': z.object({ campaign: z.string() }),
  // Named, it is connected to; and the folder is deleted.
  'remote-opened': z.object({
    host: z.string().refine((text) => parseSshAddress(text) !== null, 'no host'),
    workDir: z.string().regex(REMOTE_FOLDER, 'no folder of siptune'),
  }),
  'lab-up': z.object({}),
  generators: z.object({ pairs: z.number(), limitCps: z.number(), from: z.enum(['measured', 'remembered']) }),
  // Its content is checked where it is used: a step that is not whole ends the replay before it.
  step: z.looseObject({ call: z.string() }),
  resumed: z.object({ pid, steps: z.number(), trials: z.number(), usedMs: z.number() }),
  parted: z.object({ steps: z.number() }),
  write: z.object({ knob: z.string(), target, raw: z.string(), reason: z.string() }),
  'write-result': z.object({
    knob: z.string(),
    effective: z.string().nullable(),
    error: z.string().nullable(),
  }),
  inert: z.object({ knob: z.string(), reason: z.string() }),
  'router-started': z.object({
    settings: z.record(z.string(), z.union([amount, z.string()])),
    effectiveRcvbufBytes: amount,
    readyAfterMs: amount,
    pids: z.array(pid),
  }),
  trial: z.object({ trial }),
  measured: z.object({
    label: z.string(),
    metric,
    value: interval,
    unreachable: z.number().optional(),
    wallMs: amount,
  }),
  proposed: z.object({ candidate: z.number(), configuration, from: z.string() }),
  rejected: z.object({ candidate: z.number(), reason: z.string() }),
  'search-ended': z.object({ candidates: z.number(), reason: z.string() }),
  best: z.object({ label: z.string(), configuration, metric, value: interval }),
  'put-back': z.object({ knobs: z.array(z.string()), metric, load: amount, needed: z.boolean() }),
  netperf: z.object({ label: z.string(), result: amounts.nullable(), absent: z.string().nullable() }),
  warning: z.object({ message: z.string() }),
  restored: z.object({ complete: z.boolean(), failures: z.array(z.string()) }),
  'campaign-finished': z.object({
    verdict: z.enum(['improved', 'not-proven', 'aborted']),
    reason: z.string(),
  }),
};

export type CheckedEvent =
  | { readonly state: 'event'; readonly event: CampaignEvent }
  | { readonly state: 'damaged'; readonly reason: string };

export function checkEvent(value: unknown): CheckedEvent {
  const damaged = (reason: string): CheckedEvent => ({ state: 'damaged', reason });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return damaged('not an event');
  const { type, at } = value as { readonly type?: unknown; readonly at?: unknown };
  if (typeof type !== 'string') return damaged('an event without a type');
  if (!Object.hasOwn(SCHEMAS, type)) return damaged(`no event that this siptune knows: ${show(type)}`);
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return damaged(`${type} without its time`);
  const result = SCHEMAS[type as CampaignEvent['type']].safeParse(value);
  if (result.success) return { state: 'event', event: value as CampaignEvent };
  const [issue] = result.error.issues;
  const place = issue?.path.length ? ` ${issue.path.join('.')}:` : '';
  return damaged(
    `${type}:${place} ${(issue?.message ?? '').replace(', received undefined', ', and there is nothing')}`,
  );
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
