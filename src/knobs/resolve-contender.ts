// A contender's values on one machine: shares of its memory ("ram/4") and limits to what it has today (">1000") become numbers.
import type { Configuration, KnobValue } from './knob.ts';
import { asNumber } from './knob-value.ts';

const MIB = 1024 * 1024;

/**
 * `today` is what the machine has. A limit, as TuneD writes them, that today's value is within changes nothing: the knob is
 * then no part of the contender.
 */
export function resolveContender(
  configuration: Configuration,
  today: Configuration,
  memoryMib: number,
): Configuration {
  return Object.fromEntries(
    Object.entries(configuration).flatMap(([name, value]): readonly (readonly [string, KnobValue])[] => {
      const [, share] = /^ram\/(\d+)$/i.exec(String(value)) ?? [];
      if (share !== undefined) return [[name, Math.floor((memoryMib / Number(share)) * MIB)]];
      const [, limit, bound] = /^([<>])(\d+)$/.exec(String(value)) ?? [];
      if (limit === undefined) return [[name, value]];
      const has = asNumber(today[name]);
      const changes = has === undefined || (limit === '>' ? Number(bound) > has : Number(bound) < has);
      return changes ? [[name, Number(bound)]] : [];
    }),
  );
}
