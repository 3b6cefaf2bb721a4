// What a step changed, in words for the progress line: "step around the best: net.core.rmem_default ×2, router.workers 8 → 6".
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';

/** Factors say little about small counts. */
const SMALL_COUNT = 64;

export function describeStep(knobs: readonly KnobInPlay[], from: Configuration, to: Configuration): string {
  const changes = knobs.flatMap(({ knob, choices }) => {
    if (choices) {
      const [before, after] = [from[knob.name], to[knob.name]];
      return before === after ? [] : [`${knob.name} ${before} → ${after}`];
    }
    const [before, after] = [asNumber(from[knob.name]), asNumber(to[knob.name])];
    if (before === after || after === undefined) return [];
    return [`${knob.name} ${change(before, after, knob.search.scale)}`];
  });
  return `step around the best: ${changes.join(', ')}`;
}

function change(before: number | undefined, after: number, scale: 'log' | 'linear'): string {
  if (before === undefined) return `→ ${after}`;
  if (scale === 'linear' || before <= 0 || Math.max(before, after) <= SMALL_COUNT)
    return `${before} → ${after}`;
  return after > before ? `×${digits(after / before)}` : `÷${digits(before / after)}`;
}

function digits(factor: number): string {
  return String(Number(factor.toPrecision(3)));
}
