// results/<id>/scenario.yaml: the scenario as it was resolved for that campaign, with the profiles and the options of its command
// line in it. A resumed campaign runs on this one, whatever became of the files that it was made from.
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { cannotWrite, UserError } from '../errors.ts';
import { LIMIT_METRICS, RATE_METRICS } from '../scenario/metrics.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { SAMPLER_NAMES } from '../search/sampler-names.ts';
import { LANDSCAPE_NAMES, MOST_NOISE_PCT } from '../sim/landscape-names.ts';
import { MOST_PAIRS } from '../targets/generator-pairs.ts';
import { parseSshAddress, showSshAddress } from '../targets/ssh/ssh-address.ts';
import { callKind } from './load-schema.ts';

const FILE = 'scenario.yaml';
const OWNER_ONLY = 0o600;
const HEADER =
  '# The scenario as resolved, with defaults and profiles filled in: for siptune resume and for the record.\n';

const words = z.array(z.string().min(1)).min(1);
const address = z.ipv4();
const netns = z.string().optional();
const number = z.number();
const metric = z.enum(LIMIT_METRICS);
const ownGoal = {
  maximised: { maximise: metric },
  minimised: { minimise: z.enum(RATE_METRICS), atRateCps: number },
};
const bounds = {
  guards: z.array(z.strictObject({ metric, mayFall: number })),
  maxLoss: number,
  maxP99SetupMs: number,
  also: z.array(z.union([z.strictObject(ownGoal.maximised), z.strictObject(ownGoal.minimised)])).optional(),
};
const endpoint = z.looseObject({ netns, address });
/** As a scenario may name one: nothing that ssh could take for an option. */
const otherMachine = z
  .strictObject({ user: z.string().optional(), name: z.string(), port: number.optional() })
  .refine(({ user, name, port }) => parseSshAddress(showSshAddress({ user, name, port })) !== null);
const host = z.union([z.literal('local'), otherMachine]);
const pair = z.strictObject({
  host: otherMachine.optional(),
  cpus: z
    .string()
    .regex(/^[\d,-]+$/)
    .optional(),
  caller: endpoint,
  callee: endpoint,
});

const schema = z.strictObject({
  name: z.string(),
  path: z.string(),
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('lab'), egressBitsPerS: number.optional() }),
    z.strictObject({
      kind: z.literal('sim'),
      landscape: z.enum(LANDSCAPE_NAMES),
      noisePct: number.min(0).max(MOST_NOISE_PCT),
    }),
    z.looseObject({
      kind: z.literal('host'),
      // Those of before other machines were known do not say it.
      host: host.default('local'),
      netns,
      address,
      port: z.int().min(1).max(65_535),
      device: z.string().optional(),
      caller: endpoint,
      callee: endpoint,
    }),
  ]),
  router: z.strictObject({
    kind: z.enum(['kamailio', 'opensips']),
    binary: z.string().optional(),
    config: z.string().optional(),
    service: z
      .strictObject({ restartCommand: words, defaultsFile: z.string(), pidFile: z.string().optional() })
      .optional(),
    settings: z.record(z.string(), z.union([number, z.string()])),
  }),
  load: z.strictObject({
    ...callKind,
    generators: z.union([z.int().min(1).max(MOST_PAIRS), z.array(pair).min(1).max(MOST_PAIRS)]).optional(),
    holdMs: number,
    uaRateCps: number,
    warmupMs: number,
    windowMs: number,
  }),
  objective: z.union([
    z.strictObject({ ...ownGoal.maximised, ...bounds }),
    z.strictObject({ ...ownGoal.minimised, ...bounds }),
  ]),
  knobs: z.array(z.strictObject({ name: z.string(), min: number.optional(), max: number.optional() })),
  contenders: z.array(
    z.strictObject({
      name: z.string(),
      configuration: z.record(z.string(), z.union([number, z.string()])),
    }),
  ),
  background: z.literal('allowed').optional(),
  keepInert: z.literal(true).optional(),
  search: z.strictObject({ sampler: z.enum(SAMPLER_NAMES) }).optional(),
  budgetMs: number,
  seed: z.int().min(0),
  safety: z.strictObject({ deadmanMs: number }),
});

export async function writeScenario(dir: string, scenario: Scenario): Promise<void> {
  const path = join(dir, FILE);
  try {
    const file = await open(path, 'w', OWNER_ONLY);
    try {
      await file.writeFile(HEADER + stringify(scenario, { aliasDuplicateObjects: false }));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

export async function readScenario(dir: string): Promise<Scenario> {
  const path = join(dir, FILE);
  const damaged = (what: string) =>
    new UserError(`${path} ${what}: without the scenario a campaign cannot be resumed; run it anew`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw damaged('cannot be read');
  }
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch {
    throw damaged('is not whole YAML');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as Scenario;
  const [issue] = parsed.error.issues;
  throw damaged(`is damaged (${[...(issue?.path ?? [])].join('.') || 'top'}: ${issue?.message})`);
}
