// Which configuration is put to the proof.
import type { Campaign } from './campaign.ts';
import { combined, type Measured } from './findings.ts';

/** The best candidate, or a contender that did better than every candidate; null where nothing beat `current`. */
export function finalistOf({ findings, scenario }: Pick<Campaign, 'findings' | 'scenario'>): Measured | null {
  const metric = scenario.objective.maximise;
  const scoreOf = (measured: Measured | null) => combined(measured?.values[metric] ?? [])?.estimate ?? 0;
  const rivals = [findings.best, ...findings.contenders].filter((measured) => measured !== null);
  const best = rivals.reduce<Measured | null>((a, b) => (scoreOf(b) > scoreOf(a) ? b : a), null);
  return best !== null && scoreOf(best) > scoreOf(findings.current) ? best : null;
}
