// The scenario file's form: which keys there are, what each takes, and the defaults. Values are checked one by one;
// what they must be together is in cross-checks.ts.
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Knob } from '../knobs/knob.ts';
import { MOST_CALLS } from '../load/load.ts';
import { DEFAULT_SAMPLER, SAMPLER_NAMES } from '../search/sampler-names.ts';
import { LANDSCAPE_NAMES, MOST_NOISE_PCT, USUAL_NOISE_PCT } from '../sim/landscape-names.ts';
import { arrivals } from './arrivals.ts';
import { MAXIMISED, MINIMISED } from './cross-checks.ts';
import { address, endpoint, netns } from './endpoint.ts';
import { generators } from './generators.ts';
import { hostName } from './host-name.ts';
import { knobChoices } from './knob-choices.ts';
import { parseKnobChoice, parseKnobSetting } from './knob-settings.ts';
import { mapping, oneOf, parsed, perCatalogue, someOf, text, wholeNumber } from './schema-parts.ts';
import {
  parseBitRate,
  parseBudgetMs,
  parseCallRate,
  parseDurationMs,
  parsePercent,
  within,
} from './units.ts';
import { didYouMean, show } from './wording.ts';

/** Fewer calls tell nothing of a share or of a percentile. */
const LEAST_RATE_CPS = 10;
const LARGEST_SEED = 2 ** 32 - 1;

const absolutePath = text(/^\/[^\0]*$/, 'an absolute path');
const anyPath = text(/^[^\0]+$/, 'a path');
const device = text(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}$/, 'the name of a network device (ip link)');

const lab = mapping({
  egress: parsed(within(parseBitRate, '64 kbit/s', '100 Gbit/s')).optional(),
})
  .nullish()
  .transform((value) => ({ kind: 'lab' as const, egressBitsPerS: value?.egress }));

const host = mapping({
  host: hostName,
  netns: netns.optional(),
  address,
  port: wholeNumber(1, 65_535).default(5060),
  device: device.optional(),
  caller: endpoint,
  callee: endpoint,
}).transform(({ host, caller, callee, ...rest }) => ({
  kind: 'host' as const,
  host,
  address: rest.address,
  port: rest.port,
  netns: rest.netns,
  device: rest.device,
  caller: { netns: caller.netns, address: caller.address },
  callee: { netns: callee.netns, address: callee.address },
}));

const sim = mapping({
  sim: oneOf(LANDSCAPE_NAMES),
  noise: parsed(within(parsePercent, '0%', `${MOST_NOISE_PCT}%`)).default(USUAL_NOISE_PCT / 100),
}).transform(({ sim, noise }) => ({ kind: 'sim' as const, landscape: sim, noisePct: noise * 100 }));

/** `lab`, `{ lab: … }`, `{ sim: …, … }` or `{ host: …, … }`: which one is meant decides what is complained about. */
const target = z.unknown().transform((value, context) => {
  const schema =
    value === 'lab' || (isMapping(value) && 'lab' in value)
      ? mapping({ lab }).transform((one) => one.lab)
      : isMapping(value) && 'sim' in value
        ? sim
        : isMapping(value) && Object.keys(value).length > 0
          ? host
          : null;
  if (schema === null) {
    const guess = typeof value === 'string' ? didYouMean(value, ['lab']) : '';
    const seen = value === undefined || value === null ? 'is missing' : `${show(value)} is not a target`;
    context.addIssue({
      code: 'custom',
      message: `${seen}: lab, { lab: … }, { host: local, … } or { sim: article }${guess}`,
    });
    return z.NEVER;
  }
  const result = schema.safeParse(value === 'lab' ? { lab: null } : value);
  if (result.success) return result.data;
  // Issues that are already worded pass through as they are, with their own paths and codes.
  context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
  return z.NEVER;
});

const argv = parsed((value) => {
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== ''))
    return value as readonly string[];
  throw new UserError(
    'must be a list of words, e.g. [systemctl, restart, kamailio]: siptune runs it without a shell',
  );
});

const service = mapping({
  restart: argv,
  defaults: absolutePath,
  pidFile: absolutePath.optional(),
}).transform(({ restart, defaults, pidFile }) => ({
  restartCommand: restart,
  defaultsFile: defaults,
  pidFile,
}));

function routerSettings(catalogue: readonly Knob[]) {
  const knobNamed = (name: string): Knob => {
    const knob = catalogue.find((one) => one.name === name);
    if (knob) return knob;
    throw new UserError(`${name} is not in the catalogue`);
  };
  const setting = (name: string) => parsed((value) => parseKnobSetting(knobNamed(name), value)).optional();
  const choice = (name: string) => parsed((value) => parseKnobChoice(knobNamed(name), value)).optional();
  return mapping({
    workers: setting('router.workers'),
    maxbuffer: setting('router.maxbuffer'),
    shm: setting('router.shm'),
    pkg: setting('router.pkg'),
    allocator: choice('router.allocator'),
  }).nullish();
}

const load = mapping({
  flow: oneOf(['invite', 'options', 'register']).default('invite'),
  transport: oneOf(['udp', 'tcp', 'tcp-per-call']).default('udp'),
  arrivals: arrivals.optional(),
  generators: generators.optional(),
  base: parsed(within(parseCallRate, 0, MOST_CALLS)).default(0),
  hold: parsed(within(parseDurationMs, '0', '1m')).default(500),
  ua: parsed(within(parseCallRate, 0, 50)).default(2),
  warmup: parsed(within(parseDurationMs, '0', '1m')).default(1500),
  window: parsed(within(parseDurationMs, '1s', '5m')).default(5000),
}).transform((load, context) => {
  if (load.arrivals?.kind === 'bursts' && load.arrivals.everyMs > load.window)
    context.addIssue({
      code: 'custom',
      path: ['arrivals', 'bursts', 'every'],
      message: `a burst every ${load.arrivals.everyMs} ms does not come in each window of ${load.window} ms: lengthen load.window, best to several times that`,
    });
  return load;
});

const guard = mapping({ mayFall: parsed(within(parsePercent, '0%', '99%')) }).optional();

const objective = mapping(
  {
    // One of these at the least: see objectiveChecks.
    maximise: someOf(MAXIMISED).optional(),
    minimise: someOf(MINIMISED).optional(),
    rate: parsed(within(parseCallRate, LEAST_RATE_CPS, MOST_CALLS)).optional(),
    guard: mapping({ capacity: guard, burst: guard }).nullish(),
    // More than this is no telephony, and an offer ends early where a fifth of its calls is lost.
    loss: parsed(within(parsePercent, '0%', '10%')).default(0.001),
    p99Setup: parsed(within(parseDurationMs, '1ms', '32s')).default(200),
  },
  'is missing: say what is to be maximised, e.g. objective: { maximise: burst }',
);

const search = mapping({ sampler: oneOf(SAMPLER_NAMES).default(DEFAULT_SAMPLER) });

const safety = mapping({
  deadman: parsed(within(parseDurationMs, '5s', '10m')).default(60_000),
});

export const scenarioSchema = perCatalogue((catalogue) =>
  mapping({
    name: text(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'a name (letters, digits, ".", "_" and "-", at most 64: results are filed under it)',
    ),
    target,
    router: mapping({
      kind: oneOf(['kamailio', 'opensips']),
      binary: anyPath.optional(),
      config: anyPath.optional(),
      service: service.optional(),
      settings: routerSettings(catalogue),
    }),
    load: z.preprocess((value) => value ?? {}, load),
    objective,
    knobs: knobChoices(catalogue),
    contenders: z
      .array(anyPath, { error: 'must be a list of profiles, e.g. [article]' })
      .nullish()
      .transform((names) => names ?? []),
    background: oneOf(['refused', 'allowed']).default('refused'),
    search: z.preprocess((value) => value ?? {}, search),
    budget: parsed(parseBudgetMs).default(7 * 60_000),
    seed: wholeNumber(0, LARGEST_SEED).default(1),
    safety: z.preprocess((value) => value ?? {}, safety),
  }),
);

export type ScenarioForm = z.output<ReturnType<typeof scenarioSchema>>;

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
