// What the parts of a scenario must be together. These look at the raw data, so that one wrong value elsewhere does not
// hide what else is wrong.
import type { Finding } from './problems.ts';
import { show } from './wording.ts';

/** The value at `path`, or undefined wherever the data is not as deep as that. */
export function at(data: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    data,
  );
}

export function crossChecks(data: unknown): readonly Finding[] {
  return [...objectiveChecks(data), ...routerChecks(data), ...deviceChecks(data)];
}

/** What an objective may be about, in the words of a scenario. */
export const MAXIMISED = ['capacity', 'burst'] as const;
export type Maximised = (typeof MAXIMISED)[number];
export const MINIMISED = ['loss', 'delay', 'memory'] as const;
export type Minimised = (typeof MINIMISED)[number];
/** Without one of these nothing can be spared. */
const MEMORY_KNOBS = ['router.shm', 'router.pkg'];

export function objectiveChecks(data: unknown): readonly Finding[] {
  const objective = at(data, 'objective');
  // What is no mapping is told by the schema.
  if (typeof objective !== 'object' || objective === null || Array.isArray(objective)) return [];
  const [maximise, minimise] = [wordsAt(objective, 'maximise'), wordsAt(objective, 'minimise')];
  if (maximise === null && minimise === null)
    return [
      {
        path: ['objective'],
        at: 'value',
        message: `objective.maximise: is missing: what is to be maximised, one of ${MAXIMISED.join(', ')} (or objective.minimise, one of ${MINIMISED.join(', ')})`,
      },
    ];
  return [
    ...rateChecks(objective, minimise !== null),
    ...(minimise?.includes('memory') ? memoryChecks(data) : []),
    ...guardChecks(objective, maximise ?? []),
  ];
}

/** What stands there, as a list; null: nothing. */
function wordsAt(objective: object, key: string): readonly unknown[] | null {
  const value = at(objective, key);
  return value === undefined ? null : Array.isArray(value) ? value : [value];
}

function rateChecks(objective: object, isNeeded: boolean): readonly Finding[] {
  const isThere = at(objective, 'rate') !== undefined;
  if (isThere === isNeeded) return [];
  const path = ['objective', isThere ? 'rate' : 'minimise'];
  const message = isThere
    ? 'objective.rate: goes with minimise; what is maximised is searched over all rates'
    : 'objective.rate: is missing: the calls per second at which it is to be the least, e.g. rate: 900 /s';
  return [{ path, at: 'key', message }];
}

function memoryChecks(data: unknown): readonly Finding[] {
  const knobs = at(data, 'knobs');
  if (knobs === undefined || MEMORY_KNOBS.some((name) => knobNames(knobs).includes(name))) return [];
  return [
    {
      path: ['objective', 'minimise'],
      at: 'value',
      message: `objective.minimise: memory needs ${MEMORY_KNOBS.join(' or ')} among the knobs, or there is nothing to spare`,
    },
  ];
}

function guardChecks(objective: object, maximise: readonly unknown[]): readonly Finding[] {
  return MAXIMISED.filter(
    (word) => maximise.includes(word) && at(objective, 'guard', word) !== undefined,
  ).map((word) => {
    const others = MAXIMISED.filter((one) => !maximise.includes(one)).map(show);
    return {
      path: ['objective', 'guard', word],
      at: 'key',
      message: `objective.guard: ${show(word)} is what is maximised, so it cannot be guarded as well${others.length > 0 ? `; the guard can be ${others.join(' or ')}` : ''}`,
    };
  });
}

/** They are a mapping, or a list of names and of mappings. */
function knobNames(knobs: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(knobs) ? knobs : [knobs];
  return all.flatMap((one) =>
    typeof one === 'string' ? [one] : typeof one === 'object' && one !== null ? Object.keys(one) : [],
  );
}

function routerChecks(data: unknown): readonly Finding[] {
  const router = at(data, 'router');
  if (typeof router !== 'object' || router === null || Array.isArray(router)) return [];
  const service = at(router, 'service');
  if (service === undefined)
    return at(router, 'config') === undefined
      ? [
          {
            path: ['router', 'config'],
            at: 'value',
            message:
              'router.config is missing: the configuration file that siptune starts the router with (or router.service, for a router that it does not start)',
          },
        ]
      : [];
  const target = at(data, 'target');
  if (target === 'lab' || at(target, 'lab') !== undefined)
    return [
      {
        path: ['router', 'service'],
        at: 'key',
        message:
          'router.service is for a target on a host; in the lab siptune starts the router itself: give router.config alone',
      },
    ];
  if (at(router, 'config') === undefined) return [];
  return [
    {
      path: ['router', 'config'],
      at: 'key',
      message:
        'router.config is for a router that siptune starts; one with router.service has its own configuration: leave one of the two out',
    },
  ];
}

function deviceChecks(data: unknown): readonly Finding[] {
  const target = at(data, 'target');
  if (at(target, 'host') === undefined || at(target, 'device') !== undefined) return [];
  const knobs = at(data, 'knobs');
  const index = Array.isArray(knobs) ? knobs.indexOf('txqueuelen') : -1;
  const listed = index >= 0 || at(knobs, 'txqueuelen') !== undefined;
  if (!listed) return [];
  return [
    {
      path: ['knobs', index >= 0 ? index : 'txqueuelen'],
      at: 'key',
      message:
        'txqueuelen belongs to a device: give the one that the router sends through as target.device, e.g. device: eth0',
    },
  ];
}
