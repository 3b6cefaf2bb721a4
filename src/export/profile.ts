// The profile of a campaign: what its winner changes, from → to, and the evidence, ready for any exporter.
import { EXIT, UserError } from '../errors.ts';
import { knobByName } from '../knobs/catalogue.ts';
import { derivedShmallPages } from '../knobs/constraints.ts';
import type { Knob, KnobValue } from '../knobs/knob.ts';
import { asNumber, sameValue } from '../knobs/knob-value.ts';
import { metricTitle } from '../report/load-text.ts';
import { plainText } from '../report/plain-text.ts';
import { isLimit } from '../scenario/metrics.ts';
import type { Result } from '../store/result.ts';

export interface Setting {
  readonly knob: Knob;
  readonly from: string;
  readonly to: string;
}

export interface Profile {
  readonly campaign: string;
  readonly scenario: string;
  readonly router: 'kamailio' | 'opensips';
  readonly settings: readonly Setting[];
  /** One sentence: what was measured. */
  readonly evidence: string;
  readonly measuredAt: string;
  readonly minimal: boolean;
}

const PAGE_BYTES = 4_096;

/** Throws a UserError when nothing was proven, when it was proven on no router, or when a value in the result is not one that siptune writes. */
export function profileOf(result: Result): Profile {
  const { winner, baseline, comparison } = result;
  if (result.target.simulated)
    throw new UserError(
      `campaign ${plainText(result.id)} is simulated (landscape ${plainText(result.target.simulated.landscape)}): ` +
        'its winner was proven on no router, and must not be installed on one. Tune a real target: siptune run scenarios/lab-kamailio.yaml',
      EXIT.notProven,
    );
  if (result.verdict !== 'improved' || !winner || !baseline || !comparison)
    throw new UserError(
      `campaign ${plainText(result.id)} proved nothing (${result.verdict}): there is no profile to export`,
      EXIT.notProven,
    );
  const shmmaxChanges =
    'kernel.shmmax' in winner.config &&
    !sameValue(baseline.config['kernel.shmmax'], winner.config['kernel.shmmax']);
  const settings = Object.entries(winner.config).flatMap(([name, to]): Setting[] => {
    const from = baseline.config[name];
    if (sameValue(from, to) || (name === 'kernel.shmall' && shmmaxChanges)) return [];
    const knob = knobByName(name);
    if (!knob)
      throw new UserError(`${plainText(name)} in the result is no knob of siptune's: the file was changed`);
    if (from === undefined)
      throw new UserError(
        `the result does not say what ${name} was before: there would be no way back from its profile`,
      );
    return [
      { knob, from: checked(knob, from), to: checkedInBounds(knob, to) },
      ...derived(name, asNumber(to), baseline.config['kernel.shmall']),
    ];
  });
  const { ratio } = comparison;
  return {
    campaign: plainText(result.id),
    scenario: plainText(result.scenario),
    router: result.target.router === 'opensips' ? 'opensips' : 'kamailio',
    settings,
    evidence:
      `${metricTitle(comparison.metric, result)} ${ratio.estimate.toFixed(2)} times ${isLimit(comparison.metric) ? 'that of' : 'less than'} before ` +
      `(${(comparison.confidence * 100).toFixed(0)} % interval ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}, ` +
      `${comparison.pairs} interleaved pairs) on ${plainText(result.target.router)} ${plainText(result.target.routerVersion)}, ` +
      `Linux ${plainText(result.target.kernel)}, ${plainText(result.target.host)}`,
    measuredAt: plainText(result.startedAt),
    minimal: winner.minimal,
  };
}

/**
 * Decimal digits only, or a name of the catalogue's: whatever a result says, nothing else ever reaches a file that a
 * shell or sysctl(8) reads. No leading zero either: the kernel would read the number as an octal one.
 */
function checked({ name, choices }: Knob, value: KnobValue): string {
  const text = String(value);
  if (choices) {
    if (choices.includes(text)) return text;
    throw new UserError(
      `${name} = ${plainText(text)} in the result is not one of ${choices.join(', ')}: the file was changed`,
    );
  }
  if (!/^(0|[1-9]\d{0,19})$/.test(text))
    throw new UserError(
      `${plainText(name)} = ${plainText(text)} in the result is not a number: the file was changed`,
    );
  return text;
}

function checkedInBounds(knob: Knob, value: KnobValue): string {
  const text = checked(knob, value);
  if (knob.choices) return text;
  const { min, max } = knob.bounds;
  if (Number(text) < min || Number(text) > max)
    throw new UserError(
      `${knob.name} = ${text} in the result is outside its bounds of ${min} to ${max} ${knob.unit}`,
      EXIT.unsafe,
    );
  return text;
}

/** kernel.shmall goes where kernel.shmmax goes, as it did in every trial. */
function derived(name: string, bytes: number | undefined, from: KnobValue | undefined): Setting[] {
  const knob = knobByName('kernel.shmall');
  if (name !== 'kernel.shmmax' || bytes === undefined || !knob || from === undefined) return [];
  const to = derivedShmallPages(bytes, PAGE_BYTES);
  return sameValue(from, to) ? [] : [{ knob, from: checked(knob, from), to: String(to) }];
}
