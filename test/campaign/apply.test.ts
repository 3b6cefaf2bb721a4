// What reaches the target: never a configuration that its memory cannot hold, and always what it has today.
import { expect, test } from 'vitest';
import { createApplier } from '../../src/campaign/apply.ts';
import type { NewEvent } from '../../src/campaign/events.ts';
import type { ConstraintFacts } from '../../src/knobs/constraints.ts';
import type { RouterSettings } from '../../src/routers/router.ts';
import type { Target } from '../../src/targets/target.ts';
import { createRecordingHost } from '../support/recording-host.ts';

const CURRENT = {
  'net.core.rmem_default': 212_992,
  'net.core.rmem_max': 212_992,
  'net.core.netdev_max_backlog': 1_000,
  'router.workers': 8,
  'router.maxbuffer': 262_144,
  'router.shm': 64,
  'router.pkg': 8,
  'router.allocator': 'qm',
};

function applierOn(availableMib: number) {
  const { host, changes } = createRecordingHost();
  const started: RouterSettings[] = [];
  const events: NewEvent[] = [];
  const router = {
    managedBy: 'siptune',
    restart: async (settings: RouterSettings) => {
      started.push(settings);
      return { state: 'ready', processes: [], readyAfterMs: 1, rcvbufBytes: null };
    },
  };
  const constraintFacts: ConstraintFacts = {
    ...{ memoryMib: 24_000, availableMib, cpus: 4, today: CURRENT },
    ...{ pageBytes: 4_096, udpMemBytes: 1e9, shmMmap: true, sockets: 1, otherProcesses: 16 },
  };
  const applier = createApplier({
    // Of a target, an applier needs no more than this.
    target: {
      machine: host,
      routerHost: host,
      devices: ['eth0'],
      router,
      facts: { pageBytes: 4_096 },
    } as unknown as Target,
    emit: async (event) => void events.push(event),
    signal: new AbortController().signal,
    current: CURRENT,
    constraintFacts,
  });
  return { applier, changes, started, events };
}

test('what the memory cannot hold is refused before anything is written or started', async () => {
  const { applier, changes, started, events } = applierOn(20_000);
  const huge = { 'net.core.rmem_max': 4_194_304, 'router.shm': 65_536, 'router.pkg': 1_024 };
  expect(await applier.apply(huge, 'contender huge')).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/would take \d+ MiB, more than 14000 MiB .* lower router\.shm/),
  });
  expect([changes, started, events]).toEqual([[], [], []]);
  expect(applier.inForce()).toEqual(CURRENT);
});

test('what the system has today is put in force whatever is free', async () => {
  const { applier, started } = applierOn(10);
  expect(await applier.apply({}, 'baseline')).toMatchObject({ state: 'applied' });
  expect(await applier.apply(CURRENT, 'baseline')).toMatchObject({ state: 'applied' });
  expect(started).toHaveLength(1);
});
