// A realistic campaign's result, and variants of it: made over the model router, with the facts of a real machine.
import type { CampaignEvent } from '../../src/campaign/events.ts';
import type { Result } from '../../src/store/result.ts';
import { fixture } from './fixture.ts';

export const IMPROVED_ID = '2026-11-25T1700-lab-kamailio';
/** The same scenario and machine with another seed. */
export const SECOND_ID = '2026-11-25T1832-lab-kamailio';

export const resultText = (id: string): string => fixture(`results/${id}/result.json`);
export const journalText = (): string => fixture(`results/${IMPROVED_ID}/journal.jsonl`);

export const improved: Result = JSON.parse(resultText(IMPROVED_ID));
export const second: Result = JSON.parse(resultText(SECOND_ID));

export const events: readonly CampaignEvent[] = journalText()
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

export const notProven: Result = {
  ...improved,
  verdict: 'not-proven',
  reason: "the ratio's 95 % interval, 0.96 to 1.31, does not lie above 1",
  winner: null,
  comparison: improved.comparison && {
    ...improved.comparison,
    ratio: { estimate: 1.12, low: 0.96, high: 1.31 },
    pValue: 0.1875,
  },
};

/** Ended before the target was reached. */
export const aborted: Result = {
  ...improved,
  verdict: 'aborted',
  reason: 'the router did not start: parse error in kamailio.cfg\nline 3, column 7',
  target: { ...improved.target, host: '', kernel: '', cpu: '', cpus: 0, routerVersion: '' },
  baseline: null,
  contenders: [],
  winner: null,
  comparison: null,
  samples: {},
  inert: [],
  importance: [],
  netperf: { absent: null, current: null, winner: null },
  trials: { total: 0, carried: 0, overloaded: 0, invalid: 0, failed: 0 },
  restored: false,
};

/** What HOSTILE text must have lost, apart from line ends. */
export const HARMFUL = /(?!\n)\p{Cc}|\p{Bidi_Control}/u;

/** A terminal escape, a mark that turns the writing direction, a line break and markup. */
export const HOSTILE = '\u001b[31mred\u202e\n<script>alert(1)</script>"\u0007';
