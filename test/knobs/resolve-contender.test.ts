// A contender's shares of the memory and limits, on a machine with 1000 MiB.
import { expect, it } from 'vitest';
import { resolveContender } from '../../src/knobs/resolve-contender.ts';

it.each([
  ['a number stays', 5, 7, { knob: 5 }],
  ['a name stays', 'fm', 'qm', { knob: 'fm' }],
  ['a share of the memory', 'ram/4', 7, { knob: 250 * 1024 * 1024 }],
  ['a lower limit raises what is below', '>8', 7, { knob: 8 }],
  ['a lower limit leaves what is above', '>8', 9, {}],
  ['a lower limit leaves what is equal', '>8', 8, {}],
  ['an upper limit lowers what is above', '<8', 9, { knob: 8 }],
  ['an upper limit leaves what is below', '<8', 7, {}],
  ['beside a default that no double holds', '>8', '18446744073692774399', {}],
])('%s', (_title, value, today, expected) => {
  expect(resolveContender({ knob: value }, { knob: today }, 1000)).toEqual(expected);
});
