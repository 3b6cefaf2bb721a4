// The landscapes by name.
import { UserError } from '../../errors.ts';
import type { Landscape } from '../landscape.ts';
import { LANDSCAPE_NAMES } from '../landscape-names.ts';
import { ARTICLE } from './article.ts';
import { CLIFF } from './cliff.ts';
import { COUPLED } from './coupled.ts';
import { NULL } from './null.ts';
import { WIDE } from './wide.ts';

export const LANDSCAPES: readonly Landscape[] = [NULL, ARTICLE, COUPLED, CLIFF, WIDE];

export function landscapeNamed(name: string): Landscape {
  const landscape = LANDSCAPES.find((one) => one.name === name);
  if (landscape) return landscape;
  throw new UserError(`there is no landscape "${name}"; there are ${LANDSCAPE_NAMES.join(', ')}`);
}
