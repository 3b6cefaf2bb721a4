// A router on which no setting matters: whatever is called an improvement here is luck.
import type { Landscape } from '../landscape.ts';
import { ARTICLE } from './article.ts';

export const NULL: Landscape = {
  ...ARTICLE,
  name: 'null',
  summary: 'no knob matters',
  ignored: Object.keys(ARTICLE.today),
};
