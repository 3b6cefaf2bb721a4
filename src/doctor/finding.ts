// A finding: one thing that doctor saw, how it is judged, and what to do about it.

/** ok: as it should be; note: worth knowing; warning: looks wrong; problem: no campaign can start. */
export const LEVELS = ['ok', 'note', 'warning', 'problem'] as const;
export type Level = (typeof LEVELS)[number];

/** Areas in the order in which they are shown, with their headings. */
export const AREAS = {
  start: 'Could a campaign start',
  machine: 'Machine',
  network: 'Network',
  router: 'Router',
  limits: 'Buffers and limits',
  drops: 'Drops',
  rivals: 'What else changes settings, or acts on calls',
  tools: 'Tools',
  knobs: 'Knobs',
  article: 'The article’s advice, on this machine',
} as const;
export type Area = keyof typeof AREAS;

export interface Remark {
  readonly level: Level;
  /** What it is about, e.g. "eth0". */
  readonly what: string;
  /** The value or state that was seen. */
  readonly seen: string;
  /** What to do, or what follows from it; null where there is nothing to say. */
  readonly advice: string | null;
}

export interface Finding extends Remark {
  readonly area: Area;
}

const remark =
  (level: Level) =>
  (what: string, seen: string, advice: string | null = null): Remark => ({ level, what, seen, advice });

export const ok = remark('ok');
export const note = remark('note');
export const warning = remark('warning');
export const problem = remark('problem');
