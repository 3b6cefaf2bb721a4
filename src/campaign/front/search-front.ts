// The search for a front: each goal is searched for by itself, and then what lies between, by holding one goal while the first one
// is improved. A search knows what the others measured.
// Source: Y. Y. Haimes, L. S. Lasdon, D. A. Wismer, "On a bicriterion formulation of the problems of integrated system
// identification and system optimization", IEEE Trans. SMC 1(3), 1971 (the epsilon-constraint method).
import type { Aim } from '../aims/aim.ts';
import { type Campaign, samplerFor } from '../campaign.ts';
import { worthOf } from '../finalist.ts';
import type { Measured } from '../findings.ts';
import { searchCandidates } from '../search-candidates.ts';
import { frontOf } from './front.ts';

/** Ends of a front that are nearer than this factor leave no room between them. */
const LEAST_ROOM = 1.1;

interface Part {
  readonly aim: Aim;
  readonly held: NonNullable<Campaign['held']>;
}

export async function searchFront(campaign: Campaign): Promise<void> {
  const { aims, findings, budget, clock, signal } = campaign;
  const found: Measured[] = [];
  const parts = 2 * aims.length - 1;
  let numbered = 0;
  let done = 0;
  const search = async (part: Part): Promise<Measured | null> => {
    const leftMs = budget.deadlineMs('minimise') - clock.nowMs();
    const endMs = clock.nowMs() + leftMs / (parts - done);
    done += 1;
    if (signal.aborted) return null;
    const own = partOf(campaign, part, { found, endMs, seed: campaign.scenario.seed + done - 1 });
    const before = own.findings.best;
    await searchCandidates(own, samplerFor(own), { numbered });
    numbered += own.findings.observations.length;
    // What mattered is told of the objective's own goal.
    if (part.aim === aims[0] && part.held.length === 0)
      findings.observations.push(...own.findings.observations);
    const { best } = own.findings;
    if (best === null || best === before || signal.aborted) return best;
    await measureOthers(campaign, best, part.aim, endMs);
    found.push(best);
    return best;
  };

  const ends: (Measured | null)[] = [];
  for (const aim of aims) ends.push(await search({ aim, held: [] }));
  const [first, ...others] = aims;
  for (const [index, aim] of others.entries()) {
    const between = middle(aim, ends[0] ?? findings.current, ends[index + 1] ?? findings.current);
    if (first && between !== null) await search({ aim: first, held: [{ aim, worth: between }] });
    else done += 1;
  }
  const all = [findings.current, ...findings.contenders, ...found].filter((one) => one !== null);
  findings.front = frontOf(campaign, all);
}

/** Half way, by factors; null where there is no room. */
function middle(aim: Aim, a: Measured | null, b: Measured | null): number | null {
  const [low, high] = [worthOf({ aim }, a), worthOf({ aim }, b)];
  return low > 0 && high > low * LEAST_ROOM ? Math.sqrt(low * high) : null;
}

/** The same campaign about one goal, with its own best and its own time. */
function partOf(
  campaign: Campaign,
  { aim, held }: Part,
  own: { readonly found: readonly Measured[]; readonly endMs: number; readonly seed: number },
): Campaign {
  const { findings, budget, scenario } = campaign;
  const fits = own.found.filter((one) => held.every((goal) => worthOf(goal, one) >= goal.worth));
  const best = held.length === 0 ? null : bestOf(aim, fits, findings.current);
  return {
    ...campaign,
    ...{ aim, held },
    scenario: { ...scenario, seed: own.seed },
    findings: {
      ...findings,
      ...{ best, observations: [], contenders: [...findings.contenders, ...own.found] },
    },
    budget: { ...budget, deadlineMs: () => own.endMs },
  };
}

/** Where none is better than today's, nothing is. */
function bestOf(aim: Aim, all: readonly Measured[], current: Measured | null): Measured | null {
  return all.reduce<Measured | null>(
    (best, one) => (worthOf({ aim }, one) > worthOf({ aim }, best ?? current) ? one : best),
    null,
  );
}

async function measureOthers(campaign: Campaign, best: Measured, own: Aim, endMs: number): Promise<void> {
  const applied = await campaign.bed.apply(best.configuration, `${best.label}: the other goals`);
  if (applied.state === 'failed') return;
  for (const aim of campaign.aims)
    if (aim.metric !== own.metric && !campaign.signal.aborted)
      await aim.measure(campaign, best, endMs, 'fair');
}
