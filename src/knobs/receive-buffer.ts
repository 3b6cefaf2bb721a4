// Three settings decide together how large the router's receive buffer is: each acts, or does nothing, by what the others are.
import { predictedRcvbufBytes } from './constraints.ts';
import type { Configuration } from './knob.ts';

export const BUFFER_KNOBS = ['net.core.rmem_default', 'net.core.rmem_max', 'router.maxbuffer'] as const;
export type BufferKnob = (typeof BUFFER_KNOBS)[number];

export interface BufferSpan {
  readonly today: number;
  /** What the search may set; today's value alone where the knob is not in play. */
  readonly min: number;
  readonly max: number;
}

export type BufferSpans = Readonly<Record<BufferKnob, BufferSpan>>;

export function isBufferKnob(name: string): name is BufferKnob {
  return (BUFFER_KNOBS as readonly string[]).includes(name);
}

/** Why no value of it that the search may set changes the router's buffer, or null. */
export function bufferReason(name: BufferKnob, spans: BufferSpans): string | null {
  const { today, min, max } = spans[name];
  // A ceiling that is lowered only takes away: what counts is whether more of it gives more.
  const values = name === 'net.core.rmem_max' ? [today, max] : [min, today, max];
  const acts = corners(spans, name).some(
    (corner) => new Set(values.map((value) => predicted({ ...corner, [name]: value }))).size > 1,
  );
  if (acts) return null;
  const size = predicted(todayOf(spans));
  const [rmemDefault, rmemMax, maxbuffer] = BUFFER_KNOBS.map((knob) => spans[knob].today);
  switch (name) {
    case 'net.core.rmem_max':
      return `the router asks for at most maxbuffer (${maxbuffer} bytes), which is not in play: its socket keeps ${size} bytes`;
    case 'router.maxbuffer':
      return `net.core.rmem_max (${rmemMax} bytes) and rmem_default (${rmemDefault} bytes), which are not in play, leave the router's socket at ${size} bytes`;
    case 'net.core.rmem_default':
      return `the router itself raises its buffer above it, to maxbuffer (${maxbuffer} bytes, not in play): its socket keeps ${size} bytes`;
  }
}

/** A value of the knob, and of others that it needs, with which the router's buffer must be another than without it; null: none. */
export function bufferProbe(name: BufferKnob, spans: BufferSpans): Configuration | null {
  const values = name === 'net.core.rmem_max' ? [spans[name].max] : [spans[name].max, spans[name].min];
  const changed = corners(spans, name).flatMap((corner) =>
    values
      .map((value) => ({ ...corner, [name]: value }))
      .filter((candidate) => predicted(candidate) !== predicted(corner)),
  );
  // As few of the others as possible: what changes then is of this knob's doing.
  const others = (candidate: Readonly<Record<BufferKnob, number>>) =>
    BUFFER_KNOBS.filter((knob) => candidate[knob] !== spans[knob].today).length;
  const [first] = changed.sort((a, b) => others(a) - others(b));
  if (!first) return null;
  return Object.fromEntries(
    BUFFER_KNOBS.filter((knob) => first[knob] !== spans[knob].today).map((knob) => [knob, first[knob]]),
  );
}

function predicted(values: Readonly<Record<BufferKnob, number>>): number {
  return predictedRcvbufBytes(
    values['net.core.rmem_default'],
    values['net.core.rmem_max'],
    values['router.maxbuffer'],
  );
}

function todayOf(spans: BufferSpans): Readonly<Record<BufferKnob, number>> {
  return Object.fromEntries(BUFFER_KNOBS.map((name) => [name, spans[name].today])) as Record<
    BufferKnob,
    number
  >;
}

/** Every way to set the others to today's value, the least and the most; `name` itself as it is today. */
function corners(spans: BufferSpans, name: BufferKnob): readonly Readonly<Record<BufferKnob, number>>[] {
  return BUFFER_KNOBS.filter((other) => other !== name).reduce(
    (found, other) => {
      const { today, min, max } = spans[other];
      return found.flatMap((corner) => [today, max, min].map((value) => ({ ...corner, [other]: value })));
    },
    [todayOf(spans)],
  );
}
