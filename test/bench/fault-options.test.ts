// The fault suite's command line, and the rows by which its runs add up.
import { expect, test } from 'vitest';
import { KINDS, PHASES, parseOptions } from '../../scripts/bench/fault-suite/options.ts';
import { rowOf } from '../../scripts/bench/fault-suite/table.ts';
import { PHASES as CAMPAIGN_PHASES } from '../../src/campaign/events.ts';

test('without options each kind of fault strikes in every phase, and no file is written', () => {
  expect(parseOptions([])).toMatchObject({
    phases: PHASES,
    seed: 1,
    periodS: 5,
    perCampaign: 1,
    json: undefined,
  });
  const options = parseOptions([]);
  for (const kind of KINDS) expect('counts' in options && options.counts[kind]).toBeGreaterThan(0);
});

test('a fault can strike in every phase of a campaign but its report', () => {
  expect([...PHASES, 'report']).toEqual(CAMPAIGN_PHASES);
});

test('kinds, phases and the file of rows are taken as they are given', () => {
  const argv = '--kill 3 --stop 0 --phases confirm,restore --period 0 --json faults.jsonl'.split(' ');
  expect(parseOptions(argv)).toMatchObject({
    counts: { kill: 3, stop: 0 },
    phases: ['confirm', 'restore'],
    periodS: 0,
    json: 'faults.jsonl',
  });
});

test.each([
  [['--kill', 'many'], '--kill takes a whole number, not "many"'],
  [['--phases', 'search,lunch'], '--phases: "lunch" is not one of'],
  [['--json', ''], '--json takes the name of a file'],
  [['--jsn', 'faults.jsonl'], '--jsn'],
])('%j ends with what is wrong, and with the help', (argv, message) => {
  const outcome = parseOptions(argv);
  expect(outcome).toMatchObject({ status: 2, text: expect.stringContaining(message) });
  expect('text' in outcome && outcome.text).toContain('--json FILE');
});

test('a row is one line of JSON with what came of one fault', () => {
  const row = rowOf({
    ...{ kind: 'kill', phase: 'restore', changed: true, restoredAfterS: null },
    lost: ['net.core.rmem_max is 1, was\n2'],
  });
  expect(row.split('\n')).toHaveLength(2);
  expect(JSON.parse(row)).toEqual({
    ...{ kind: 'kill', phase: 'restore', restoredAfterS: null, changed: true },
    lost: ['net.core.rmem_max is 1, was\n2'],
  });
});
