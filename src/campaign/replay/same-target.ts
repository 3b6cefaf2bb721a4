// A campaign goes on only where it began: what it measured holds for that machine, kernel, router and settings.
import { EXIT, UserError } from '../../errors.ts';
import type { PreparedRecord } from './step.ts';

export function requireSameTarget(before: PreparedRecord, now: PreparedRecord): void {
  const [difference] = [
    ...differences('target', before.target, now.target),
    ...differences('target', before.identity, now.identity),
    ...differences('setting', before.current, now.current),
    ...differences('campaign', { knobs: before.inPlay }, { knobs: now.inPlay }),
    ...differences('campaign', { contenders: before.contenders }, { contenders: now.contenders }),
  ];
  if (!difference) return;
  const advice =
    difference.of === 'setting'
      ? 'Put it back to go on, or start a new campaign with siptune run'
      : 'Start a new campaign with siptune run';
  throw new UserError(
    `cannot resume: ${difference.name} is ${difference.now} now, and was ${difference.before} when the campaign began. ` +
      `What it has measured does not hold any more. ${advice}`,
    EXIT.unsafe,
  );
}

interface Difference {
  readonly of: 'target' | 'setting' | 'campaign';
  readonly name: string;
  readonly before: string;
  readonly now: string;
}

function differences(of: Difference['of'], before: object, now: object): readonly Difference[] {
  const [old, present] = [new Map(Object.entries(before)), new Map(Object.entries(now))];
  const names = new Set([...old.keys(), ...present.keys()]);
  return [...names]
    .map((name) => ({ of, name, before: text(old.get(name)), now: text(present.get(name)) }))
    .filter((one) => one.before !== one.now);
}

function text(value: unknown): string {
  return value === undefined ? 'absent' : typeof value === 'string' ? value : JSON.stringify(value);
}
