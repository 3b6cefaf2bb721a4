// The front of several goals: those configurations that no other one is better than in one goal without being worse in another.
// Source: K. Miettinen, Nonlinear Multiobjective Optimization, 1998, section 2.2 (Pareto optimality).
import type { Campaign } from '../campaign.ts';
import { worthOf } from '../finalist.ts';
import type { Measured } from '../findings.ts';

type Known = Pick<Campaign, 'aims'>;

/** In the order that they have. What was not measured in each goal is left out. */
export function frontOf(campaign: Known, all: readonly Measured[]): readonly Measured[] {
  const whole = all.filter((one) => campaign.aims.every((aim) => worthOf({ aim }, one) > 0));
  return whole.filter((one) => !whole.some((other) => dominates(campaign, other, one)));
}

/** As good in each goal, and better in one. */
function dominates({ aims }: Known, a: Measured, b: Measured): boolean {
  const gains = aims.map((aim) => worthOf({ aim }, a) / worthOf({ aim }, b));
  return gains.every((gain) => gain >= 1) && gains.some((gain) => gain > 1);
}
