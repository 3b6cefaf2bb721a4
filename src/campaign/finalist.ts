// Which configuration is put to the proof.
import type { Campaign } from './campaign.ts';
import { known, type Measured } from './findings.ts';

type Known = Pick<Campaign, 'findings' | 'aim'>;

/** The best candidate, or a contender that did better than every candidate; null where nothing beat `current`. */
export function finalistOf(campaign: Known): Measured | null {
  const { findings } = campaign;
  const rivals = [findings.best, ...findings.contenders].filter((measured) => measured !== null);
  const best = rivals.reduce<Measured | null>(
    (a, b) => (worthOf(campaign, b) > worthOf(campaign, a) ? b : a),
    null,
  );
  return best !== null && worthOf(campaign, best) > worthOf(campaign, findings.current) ? best : null;
}

/** What is known of it so far, as the aim values it; 0: nothing. */
export function worthOf({ aim }: Pick<Campaign, 'aim'>, measured: Measured | null): number {
  const estimate = known(measured, aim.metric)?.estimate ?? 0;
  return estimate > 0 ? aim.worthOf(estimate) : 0;
}
