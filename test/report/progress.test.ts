// What is seen while a campaign runs.
import { expect, test } from 'vitest';
import type { CampaignEvent, NewEvent } from '../../src/campaign/events.ts';
import { createProgress } from '../../src/report/progress.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { events, HARMFUL, HOSTILE } from '../support/results.ts';

interface Options {
  readonly isTerminal?: boolean;
  readonly quiet?: boolean;
  readonly env?: Record<string, string>;
}

function said(
  shown: readonly (CampaignEvent | NewEvent)[],
  { isTerminal = false, quiet = false, env = {} }: Options = {},
): string {
  let text = '';
  const err = (more: string) => {
    text += more;
  };
  const io = { err, isTerminal, env };
  const clock = createFakeClock();
  const progress = createProgress(io, clock, { quiet });
  let lastMs: number | undefined;
  for (const event of shown) {
    const atMs = 'at' in event ? Date.parse(event.at) : 0;
    clock.advance(atMs - (lastMs ?? atMs));
    lastMs = atMs;
    progress.onEvent({ at: '', ...event } as CampaignEvent);
  }
  progress.stop();
  return text;
}

test('golden: a whole campaign in a file', async () => {
  await expect(said(events)).toMatchFileSnapshot('golden/progress.txt');
});

test('in a file there are whole lines only', () => {
  const text = said(events);
  expect(text).toMatch(/\n$/);
  expect(text).not.toMatch(HARMFUL);
});

test('on a terminal a status line stays at the bottom, and is cleared at the end', () => {
  const text = said(events, { isTerminal: true });
  expect(text).toContain('\r\u001b[2K');
  expect(text).toContain('\u001b[32m');
  expect(text).toContain(' left');
  expect(text.endsWith('\r\u001b[2K')).toBe(true);
});

test.each([
  ['NO_COLOR', { NO_COLOR: '1' }],
  ['a dumb terminal', { TERM: 'dumb' }],
])('%s: no colour', (_what, env) => {
  expect(said(events, { isTerminal: true, env })).not.toContain('\u001b[32m');
});

test('quiet says nothing', () => {
  expect(said(events, { quiet: true })).toBe('');
  expect(said(events, { quiet: true, isTerminal: true })).toBe('');
});

test('hostile text is neutralised in every line', () => {
  const text = said([
    { type: 'campaign-started', id: HOSTILE, scenario: 'x', seed: 1, budgetMs: 60_000, pid: 1 },
    { type: 'inert', knob: HOSTILE, reason: HOSTILE },
    { type: 'rejected', candidate: 1, reason: HOSTILE },
    { type: 'warning', message: HOSTILE },
    { type: 'netperf', label: 'current', result: null, absent: HOSTILE },
    { type: 'restored', complete: false, failures: [HOSTILE] },
  ]);
  expect(text).not.toMatch(HARMFUL);
  expect(text.trimEnd().split('\n')).toHaveLength(6);
  expect(text).toContain('NOT restored: ?[31mred?');
});

test('a measurement that met no load that was too much is not said to be less than today’s', () => {
  const measured = (label: string, estimate: number, high: number) =>
    ({
      type: 'measured',
      ...{ label, metric: 'burstCalls', value: { estimate, low: estimate, high }, configuration: {} },
    }) as unknown as NewEvent;
  const text = said([measured('current', 165, 170), measured('article', 138, 100_000)]);
  expect(text).toContain('at least 138 (at least 0.84 × current)');
});
