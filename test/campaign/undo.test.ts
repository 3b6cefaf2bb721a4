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

test('a lab that came up for the campaign is to go down, even before any original was read', () => {
  expect(undoOf([{ at, type: 'lab-up' }])).toMatchObject({ labUp: true, originals: [] });
});
