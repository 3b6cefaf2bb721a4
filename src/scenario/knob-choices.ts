// The scenario's `knobs`: a list of names, or a mapping of names to the range to search.
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Knob } from '../knobs/knob.ts';
import { parseKnobSetting, requireKnob, searchableNames, showSetting } from './knob-settings.ts';
import type { KnobChoice } from './scenario.ts';
import { didYouMean, show } from './wording.ts';

type Complain = (path: readonly (string | number)[], message: string, at?: 'key') => void;

export function knobChoices(catalogue: readonly Knob[]) {
  return z.unknown().transform((value, context): readonly KnobChoice[] => {
    const complain: Complain = (path, message, at) =>
      context.addIssue({ code: 'custom', path: [...path], message, ...(at ? { params: { at } } : {}) });
    if (Array.isArray(value) && value.length > 0) return fromList(value, catalogue, complain);
    if (isMapping(value) && Object.keys(value).length > 0) return fromMapping(value, catalogue, complain);
    const names = searchableNames(catalogue).join(', ');
    const seen = value === undefined || value === null ? 'is missing' : `${show(value)} has no knob in it`;
    complain([], `${seen}: list the knobs to tune, one a line ("- net.core.rmem_max"), out of: ${names}`);
    return z.NEVER;
  });
}

function fromList(list: readonly unknown[], catalogue: readonly Knob[], complain: Complain) {
  return list.flatMap((name, index): readonly KnobChoice[] => {
    const knob = attempt(
      () => requireKnob(name, catalogue),
      (message) => complain([index], message),
    );
    if (!knob) return [];
    if (list.indexOf(name) !== index) {
      complain([index], `${show(name)} is listed twice`);
      return [];
    }
    return [{ name: knob.name, min: undefined, max: undefined }];
  });
}

function fromMapping(
  choices: Readonly<Record<string, unknown>>,
  catalogue: readonly Knob[],
  complain: Complain,
) {
  return Object.entries(choices).flatMap(([name, range]): readonly KnobChoice[] => {
    const knob = attempt(
      () => requireKnob(name, catalogue),
      (message) => complain([name], message, 'key'),
    );
    if (!knob) return [];
    if (range === null) return [{ name, min: undefined, max: undefined }];
    if (knob.choices) {
      complain(
        [name],
        `${name} has no range: every one of its values that the router has is tried (${knob.choices.join(', ')})`,
      );
      return [];
    }
    if (!isMapping(range)) {
      complain(
        [name],
        `${show(range)} is not a range: write { min: …, max: … }, or nothing for the catalogue's own`,
      );
      return [];
    }
    for (const key of Object.keys(range).filter((one) => one !== 'min' && one !== 'max'))
      complain(
        [name, key],
        `unknown key ${show(key)}${didYouMean(key, ['min', 'max'])} (allowed here: min, max)`,
        'key',
      );
    const bound = (edge: 'min' | 'max') =>
      range[edge] === undefined
        ? undefined
        : attempt(
            () => parseKnobSetting(knob, range[edge]),
            (message) => complain([name, edge], message),
          );
    const choice = { name, min: bound('min'), max: bound('max') };
    const readable = (edge: 'min' | 'max') => choice[edge] !== undefined || range[edge] === undefined;
    if (readable('min') && readable('max')) checkOrder(knob, choice, complain);
    return [choice];
  });
}

/** Where only one bound is given, the other is the catalogue's. */
function checkOrder(knob: Knob, { name, min, max }: KnobChoice, complain: Complain): void {
  if (min === undefined && max === undefined) return;
  const low = min ?? knob.search.min;
  const high = max ?? knob.search.max;
  if (low < high) return;
  const own = (bound: number | undefined) =>
    bound === undefined ? " (the catalogue's, as none is given)" : '';
  const relation = low > high ? 'is above' : 'is no less than';
  complain(
    [name, min === undefined ? 'max' : 'min'],
    `min ${showSetting(knob.unit, low)}${own(min)} ${relation} max ${showSetting(knob.unit, high)}${own(max)}: there is nothing to search`,
  );
}

function attempt<T>(parse: () => T, complain: (message: string) => void): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    complain(error.message);
    return undefined;
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
