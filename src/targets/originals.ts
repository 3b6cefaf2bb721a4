// The way back: reads what the system has before the first write, and writes it back afterwards.
// Restoring needs nothing but the list of originals, is idempotent, and goes on past what cannot be restored.

import type { KnobPlaces } from '../knobs/access.ts';
import { knobPath, sysctlPath, txqueuelenPath, writeSysctl, writeTxqueuelen } from '../knobs/access.ts';
import type { Knob } from '../knobs/knob.ts';
import { withSizesOf } from '../routers/defaults-file.ts';
import { replaceFile } from '../routers/replace-file.ts';
import type { Host } from './host.ts';
import type { Original, WriteTarget } from './original.ts';
import { originalProblem } from './original-check.ts';

export interface MissingKnob {
  readonly knob: string;
  readonly reason: string;
}

/** Originals of kernel and device knobs, in one round trip per host; knobs that this system does not have are named. */
export async function readOriginals(
  knobs: readonly Knob[],
  places: KnobPlaces,
): Promise<{ readonly originals: readonly Original[]; readonly missing: readonly MissingKnob[] }> {
  const originals: Original[] = [];
  const missing: MissingKnob[] = [];
  const located = knobs.map((knob) => ({ knob, place: knobPath(knob, places) }));
  const texts = new Map<Host, ReadonlyMap<string, string | null>>();
  for (const host of new Set(located.flatMap(({ place }) => (place ? [place.host] : []))))
    texts.set(
      host,
      await host.readFiles(located.flatMap(({ place }) => (place?.host === host ? [place.path] : []))),
    );
  for (const { knob, place } of located) {
    const raw = place ? texts.get(place.host)?.get(place.path) : undefined;
    if (!place || raw === undefined || raw === null) {
      missing.push({
        knob: knob.name,
        reason: place ? `${place.path} does not exist on ${place.host.label}` : 'no device is named',
      });
      continue;
    }
    originals.push({ knob: knob.name, target: targetOf(knob, places), raw: raw.trim().replace(/\s+/g, ' ') });
  }
  return { originals, missing };
}

/** Where a kernel or device knob is written, in a form that a journal can keep. */
export function targetOf(knob: Knob, places: KnobPlaces): WriteTarget {
  switch (knob.access.via) {
    case 'sysctl':
      return {
        via: 'sysctl',
        key: knob.access.key,
        netns: knob.scope === 'host' ? undefined : places.routerHost.netns,
      };
    case 'txqueuelen':
      return { via: 'txqueuelen', device: places.device ?? '', netns: places.routerHost.netns };
    case 'router':
      return { via: 'router', setting: knob.access.setting };
  }
}

export interface RestoreStep {
  readonly original: Original;
  readonly outcome:
    | { readonly state: 'unchanged' }
    | { readonly state: 'restored'; readonly from: string }
    | { readonly state: 'failed'; readonly reason: string };
}

/** Writes originals back, last change first; values that are right already are not touched. */
export async function restoreOriginals(
  originals: readonly Original[],
  machine: Host,
): Promise<readonly RestoreStep[]> {
  const steps: RestoreStep[] = [];
  for (const original of [...originals].reverse()) {
    steps.push({ original, outcome: await restoreOrSayWhy(original, machine) });
  }
  return steps;
}

/** A list of originals may come from a file: what is not a knob of ours is not touched, whatever it says. */
async function restoreOrSayWhy(original: Original, machine: Host): Promise<RestoreStep['outcome']> {
  const problem = originalProblem(original);
  if (problem !== null) return { state: 'failed', reason: `not put back: ${problem}` };
  try {
    return await restoreOne(original, machine);
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function restoreOne({ target, raw }: Original, machine: Host): Promise<RestoreStep['outcome']> {
  switch (target.via) {
    case 'sysctl': {
      const host = target.netns === undefined ? machine : machine.inNetns(target.netns);
      return restoreValue(host, sysctlPath(target.key), raw, () => writeSysctl(host, target.key, raw));
    }
    case 'txqueuelen': {
      const host = target.netns === undefined ? machine : machine.inNetns(target.netns);
      return restoreValue(host, txqueuelenPath(target.device), raw, () =>
        writeTxqueuelen(host, target.device, raw),
      );
    }
    case 'service':
      return restoreService(machine, target.defaultsFile, target.restartCommand, raw);
    case 'router':
      return { state: 'unchanged' };
  }
}

async function restoreValue(
  host: Host,
  path: string,
  raw: string,
  write: () => ReturnType<typeof writeSysctl>,
): Promise<RestoreStep['outcome']> {
  const now = (await host.readFiles([path])).get(path);
  if (now === null || now === undefined)
    return { state: 'failed', reason: `${path} no longer exists on ${host.label}` };
  const from = now.trim().replace(/\s+/g, ' ');
  if (from === raw) return { state: 'unchanged' };
  const outcome = await write();
  if (outcome.state === 'failed') return { state: 'failed', reason: outcome.reason };
  return outcome.effective === raw
    ? { state: 'restored', from }
    : { state: 'failed', reason: `${path} is ${outcome.effective} after writing back ${raw}` };
}

async function restoreService(
  machine: Host,
  defaultsFile: string,
  restartCommand: readonly string[],
  raw: string,
): Promise<RestoreStep['outcome']> {
  const now = (await machine.readFiles([defaultsFile])).get(defaultsFile);
  if (now === null || now === undefined)
    return { state: 'failed', reason: `${defaultsFile} no longer exists on ${machine.label}` };
  const wanted = withSizesOf(now, raw);
  if (now === wanted) return { state: 'unchanged' };
  await replaceFile(machine, defaultsFile, wanted);
  const restarted = await machine.run(restartCommand, { timeoutMs: 60_000 });
  return restarted.exitCode === 0
    ? { state: 'restored', from: 'siptune’s settings' }
    : {
        state: 'failed',
        reason: `${defaultsFile} is back, but ${restartCommand.join(' ')} failed: ${restarted.stderr.trim()}`,
      };
}
