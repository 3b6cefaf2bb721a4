// From a journal alone: what is still to be undone.
import { expect, test } from 'vitest';
import type { CampaignEvent } from '../../src/campaign/events.ts';
import { undoOf } from '../../src/campaign/undo.ts';

const at = '2026-01-01T00:00:00.000Z';
const original = (knob: string, raw: string): CampaignEvent => ({
  at,
  type: 'original',
  knob,
  raw,
  target: { via: 'sysctl', key: knob, netns: undefined },
});
const restored = (complete: boolean): CampaignEvent => ({ at, type: 'restored', complete, failures: [] });

test('originals without a complete restore are to be undone, in the order they were read', () => {
  const undo = undoOf([original('a', '1'), original('b', '2'), { at, type: 'originals-complete' }]);
  expect(undo?.originals.map(({ knob, raw }) => [knob, raw])).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
});

test('nothing is left to undo after a complete restore, and everything after an incomplete one', () => {
  expect(undoOf([original('a', '1'), restored(true)])).toBeNull();
  expect(undoOf([original('a', '1'), restored(false)])?.originals).toHaveLength(1);
});

test('a campaign that wrote nothing has nothing to undo', () => {
  expect(undoOf([])).toBeNull();
});

test('another machine’s originals are never taken for this one’s, though the line that names it is damaged', () => {
  const armed = (host: string): CampaignEvent => ({
    ...{ at, type: 'armed', host, periodMs: 60_000, by: 'setsid', state: '/var/lib/siptune' },
  });
  const damaged = [{ line: 3, reason: 'not JSON', afterEvents: 2 }];
  const host = 'ssh://root@sip1';
  expect(undoOf([armed(host), armed('local'), original('a', '1')], damaged)?.remote).toEqual({
    host,
    workDir: undefined,
  });
  const opened: CampaignEvent = { at, type: 'remote-opened', host, workDir: '/run/siptune-router-a1b2c3' };
  expect(undoOf([armed(host), armed('local'), opened])?.remote).toEqual({
    host,
    workDir: '/run/siptune-router-a1b2c3',
  });
  expect(undoOf([armed('local'), original('a', '1')])?.remote).toBeUndefined();
});

test('a machine that only has generators is never taken for the one that is tuned', () => {
  const armed = (host: string, of?: 'generators'): CampaignEvent => ({
    ...{ at, type: 'armed', host, periodMs: 60_000, by: 'setsid', state: '/var/lib/siptune' },
    ...(of ? { of } : {}),
  });
  const undo = undoOf([armed('local'), armed('ssh://root@load1', 'generators'), original('a', '1')]);
  expect(undo).toMatchObject({ remote: undefined, loadMachines: ['ssh://root@load1'] });
});

test('a generators’ ceiling and the target’s own setting of the same name are two', () => {
  const mine: CampaignEvent = {
    ...{ at, type: 'original', knob: 'net.core.rmem_max', raw: '2' },
    target: { via: 'sysctl', key: 'net.core.rmem_max', netns: undefined, machine: 'generators' },
  };
  expect(undoOf([original('net.core.rmem_max', '1'), mine])?.originals.map(({ raw }) => raw)).toEqual([
    '1',
    '2',
  ]);
});

test('a lab that came up for the campaign is to go down, even before any original was read', () => {
  expect(undoOf([{ at, type: 'lab-up' }])).toMatchObject({ labUp: true, originals: [] });
});
