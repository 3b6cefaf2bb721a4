// A check: one area of the examination. It reads through the view, writes nothing, and says what it saw.
import type { Area, Remark } from './finding.ts';
import type { View } from './view.ts';

export interface Check {
  readonly area: Area;
  examine(view: View): Promise<readonly Remark[]>;
}
