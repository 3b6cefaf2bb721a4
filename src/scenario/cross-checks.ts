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

export function objectiveChecks(data: unknown): readonly Finding[] {
  const maximise = at(data, 'objective', 'maximise');
  if (maximise !== 'capacity' && maximise !== 'burst') return [];
  if (at(data, 'objective', 'guard', maximise) === undefined) return [];
  const other = maximise === 'burst' ? 'capacity' : 'burst';
  return [
    {
      path: ['objective', 'guard', maximise],
      at: 'key',
      message: `objective.guard: ${show(maximise)} is what is maximised, so it cannot be guarded as well; the guard can be ${show(other)}`,
    },
  ];
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
