// Smaller before it is proven: settings of the best go back to today's, as many at once as can be spared, and those without
// which it carries as much leave the profile. The proof then meets exactly what would be installed.
import type { Configuration } from '../knobs/knob.ts';
import { sameValue } from '../knobs/knob-value.ts';
import { METRICS } from '../scenario/metrics.ts';
import { importanceOf } from '../stats/importance.ts';
import type { Minimised } from '../store/result.ts';
import type { Campaign } from './campaign.ts';
import { finalistOf } from './finalist.ts';
import { createMeasured, type Measured } from './findings.ts';
import { TRIALS_OF_MOST } from './measure.ts';
import { RESTART_MS } from './proof/enough.ts';
import { brokenGuard } from './search-candidates.ts';

/** Chooses the finalist, and makes it smaller while there is time. */
export async function minimise(campaign: Campaign): Promise<void> {
  const { findings, prepared, signal } = campaign;
  const finalist = finalistOf(campaign);
  findings.finalist = finalist;
  if (finalist === null || signal.aborted) return;
  const whole = finalist.configuration;
  const changed = byImportance(campaign, changedIn(whole, prepared.current));
  if (changed.length <= 1) {
    findings.minimised = { state: 'done', load: null, questions: [] };
    return;
  }
  const worth = await freshWorth(campaign, finalist);
  if (worth === null) return;
  const load = campaign.aim.valueFor(worth);
  const reduction = createReduction(campaign, whole, worth);
  // All at once would be today's: the less important half, then the other.
  const half = Math.ceil(changed.length / 2);
  await reduction.spare(changed.slice(0, half));
  await reduction.spare(changed.slice(half));
  const { profile, questions, complete } = reduction;
  const smaller = createMeasured(`${finalist.label}, minimal`, profile());
  for (const metric of METRICS) smaller.values[metric].push(...finalist.values[metric]);
  const isSmaller = changedIn(profile(), prepared.current).length < changed.length;
  if (!isSmaller || (await keepsGuards(campaign, smaller))) {
    if (isSmaller) findings.finalist = smaller;
    findings.minimised = { state: complete() ? 'done' : 'out-of-time', load, questions };
  } else findings.minimised = { state: 'guard-broken', load, questions };
}

/** What the finalist is worth now, less what a measurement may be wrong by; null when that is not known. */
async function freshWorth(campaign: Campaign, finalist: Measured): Promise<number | null> {
  const { bed, budget, aim } = campaign;
  if (tooLate(campaign, 4)) return null;
  const applied = await bed.apply(finalist.configuration, `minimising ${finalist.label}`);
  if (applied.state === 'failed') return null;
  // It was chosen for its measurements, which therefore flatter it: only a fresh one can be held against it.
  const fresh = await aim.measure(campaign, finalist, budget.deadlineMs('minimise'), 'fair');
  return aim.safeWorth(fresh) || null;
}

interface Reduction {
  /** Puts back all of them, or as many as can be spared. */
  spare(knobs: readonly string[]): Promise<void>;
  readonly profile: () => Configuration;
  readonly questions: Minimised['questions'];
  readonly complete: () => boolean;
}

function createReduction(campaign: Campaign, whole: Configuration, worth: number): Reduction {
  const { prepared, emit, signal, aim } = campaign;
  const { metric } = aim;
  const load = aim.valueFor(worth);
  const questions: { knobs: readonly string[]; needed: boolean }[] = [];
  let profile = whole;
  let complete = true;

  const without = (knobs: readonly string[]): Configuration | null => {
    // What a configuration does not name is as it is today, and no constraint touches it.
    const draft = Object.fromEntries(Object.entries(profile).filter(([name]) => !knobs.includes(name)));
    const repaired = campaign.repair(draft);
    if (repaired === null) return null;
    const changed = new Set(changedIn(repaired, prepared.current));
    // A repair that changes them again, or another instead, makes nothing smaller.
    const isSmaller = changedIn(profile, prepared.current).length > changed.size;
    return isSmaller && knobs.every((name) => !changed.has(name)) ? repaired : null;
  };

  const spare = async (knobs: readonly string[]): Promise<void> => {
    if (knobs.length === 0 || signal.aborted) return;
    const half = Math.ceil(knobs.length / 2);
    const draft = without(knobs);
    if (draft !== null) {
      if (tooLate(campaign, TRIALS_OF_MOST)) {
        complete = false;
        return;
      }
      const needed = !(await isAsGood(campaign, draft, knobs, worth));
      questions.push({ knobs, needed });
      await emit({ type: 'put-back', knobs, metric, load, needed });
      if (!needed) {
        profile = draft;
        return;
      }
    }
    if (knobs.length === 1) return;
    await spare(knobs.slice(0, half));
    await spare(knobs.slice(half));
  };

  return { spare, profile: () => profile, questions, complete: () => complete && !signal.aborted };
}

async function isAsGood(
  campaign: Campaign,
  configuration: Configuration,
  knobs: readonly string[],
  worth: number,
): Promise<boolean> {
  const label = `without ${knobs.join(', ')}`;
  const applied = await campaign.bed.apply(configuration, label);
  if (applied.state === 'failed') return false;
  return campaign.aim.isAsGood(campaign, createMeasured(label, configuration), worth);
}

async function keepsGuards(campaign: Campaign, smaller: Measured): Promise<boolean> {
  const applied = await campaign.bed.apply(smaller.configuration, smaller.label);
  return applied.state === 'applied' && (await brokenGuard(campaign, smaller)) === null;
}

function tooLate({ budget, aim }: Campaign, trials: number): boolean {
  const stepMs = RESTART_MS + trials * aim.trialMs;
  return budget.tooLate(budget.deadlineMs('minimise'), stepMs);
}

function changedIn(configuration: Configuration, today: Configuration): readonly string[] {
  return Object.keys(configuration).filter((name) => !sameValue(configuration[name], today[name]));
}

/** The least important first. */
function byImportance({ findings, prepared }: Campaign, knobs: readonly string[]): readonly string[] {
  const shares = new Map(
    importanceOf(findings.observations, prepared.inPlay).map(({ knob, share }) => [knob, share]),
  );
  return [...knobs].sort((a, b) => (shares.get(a) ?? 0) - (shares.get(b) ?? 0));
}
