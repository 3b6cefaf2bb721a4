// The knobs of the article on a router like the lab's: Kamailio with eight workers and default buffers.
import type { Landscape } from '../landscape.ts';
import { BURST_OBJECTIVE, CONSTRAINT_FACTS, LAB_KNOBS, LAB_MACHINE, LAB_TODAY, USUAL_LOAD } from './parts.ts';

export const ARTICLE: Landscape = {
  name: 'article',
  summary: "the article's knobs on a router like the lab's, fitted to what was measured there",
  machine: LAB_MACHINE,
  today: LAB_TODAY,
  knobs: LAB_KNOBS,
  ignored: [],
  objective: BURST_OBJECTIVE,
  load: USUAL_LOAD,
  constraintFacts: CONSTRAINT_FACTS,
};
