// What a journal should have and has not: damage that may have taken an original value with it is said, never passed over.
import type { DamagedLine } from '../store/journal.ts';
import { placeOf } from '../targets/original.ts';
import type { CampaignEvent } from './events.ts';

/** One sentence for each reason why the originals in this journal may not be all; nothing before the last restore counts. */
export function gapsIn(events: readonly CampaignEvent[], damaged: readonly DamagedLine[]): readonly string[] {
  const originals = new Set<string>();
  const written = new Map<string, string>();
  let recorded = new Set<string>();
  let unreadable: DamagedLine[] = [];
  let recording = true;
  let complete = false;
  let tooEarly = false;
  let expected = 0;
  const lookAtDamage = (afterEvents: number): void => {
    if (recording) unreadable.push(...damaged.filter((line) => line.afterEvents === afterEvents));
  };
  for (const [index, event] of events.entries()) {
    lookAtDamage(index);
    switch (event.type) {
      case 'original':
        originals.add(placeOf(event));
        recorded.add(placeOf(event));
        recording = true;
        break;
      case 'originals-complete':
        recording = false;
        complete = true;
        expected = event.count ?? 0;
        break;
      case 'write':
        if (event.target.via !== 'router') written.set(placeOf(event), event.knob);
        tooEarly ||= !complete;
        break;
      case 'restored':
        if (!event.complete) break;
        recording = false;
        tooEarly = false;
        expected = 0;
        unreadable = [];
        recorded = new Set();
        written.clear();
        break;
    }
  }
  lookAtDamage(events.length);
  return [
    ...unreadable.map(
      ({ line, reason }) =>
        `line ${line} of the journal is damaged and may have held an original value (${reason})`,
    ),
    ...[...written]
      .filter(([place]) => !originals.has(place))
      .map(([, knob]) => `${knob} was changed, and its original value is not in the journal`),
    ...(tooEarly
      ? ['settings were changed before all original values were recorded: lines are missing']
      : []),
    ...(recorded.size < expected
      ? [`of ${expected} original values that were recorded, ${recorded.size} are in the journal`]
      : []),
  ];
}
