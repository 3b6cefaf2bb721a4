// The way back: reads what the system has before the first write, and writes it back afterwards.
// Restoring needs nothing but the list of originals, is idempotent, and goes on past what cannot be restored.

import type { KnobPlaces } from '../knobs/access.ts';
import { knobPath, recreateDefaultLeaves, sysctlPath, txqueuelenPath, writeValues } from '../knobs/access.ts';
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
  /** Where the generators run, if that is another machine. */
  generators: Host = machine,
): Promise<readonly RestoreStep[]> {
  const reversed = [...originals].reverse();
  const values = await restoreValues(
    reversed
      .filter((original) => originalProblem(original) === null)
      .flatMap((original) => fileOf(original, machine, generators) ?? []),
  );
  const steps: RestoreStep[] = [];
  for (const original of reversed)
    steps.push({
      original,
      outcome: values.get(original) ?? (await restoreOther(original, machine)),
    });
  return steps;
}

interface Place {
  readonly original: Original;
  readonly host: Host;
  readonly path: string;
  readonly device?: string;
}

/** A list of originals may come from a file: what is not a knob of ours is not touched, whatever it says. */
async function restoreOther(original: Original, machine: Host): Promise<RestoreStep['outcome']> {
  const problem = originalProblem(original);
  if (problem !== null) return { state: 'failed', reason: `not put back: ${problem}` };
  const { target, raw } = original;
  if (target.via !== 'service') return { state: 'unchanged' };
  try {
    return await restoreService(machine, target.defaultsFile, target.restartCommand, raw);
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

function fileOf(original: Original, machine: Host, generators: Host): Place | null {
  const { target } = original;
  if (target.via !== 'sysctl' && target.via !== 'txqueuelen') return null;
  const base = target.via === 'sysctl' && target.machine === 'generators' ? generators : machine;
  const host = target.netns === undefined ? base : base.inNetns(target.netns);
  return target.via === 'sysctl'
    ? { original, host, path: sysctlPath(target.key) }
    : { original, host, path: txqueuelenPath(target.device), device: target.device };
}

/** All values of a host are looked at in one round trip, and those that differ are written in another. */
async function restoreValues(
  places: readonly Place[],
): Promise<ReadonlyMap<Original, RestoreStep['outcome']>> {
  const outcomes = new Map<Original, RestoreStep['outcome']>();
  for (const label of new Set(places.map(({ host }) => host.label))) {
    const here = places.filter(({ host }) => host.label === label);
    const [{ host } = { host: undefined }] = here;
    if (!host) continue;
    try {
      for (const [original, outcome] of await restoreOn(host, here)) outcomes.set(original, outcome);
    } catch (error) {
      // Another host may still be reached.
      const reason = error instanceof Error ? error.message : String(error);
      for (const { original } of here) outcomes.set(original, { state: 'failed', reason });
    }
  }
  return outcomes;
}

async function restoreOn(
  host: Host,
  places: readonly Place[],
): Promise<ReadonlyMap<Original, RestoreStep['outcome']>> {
  const outcomes = new Map<Original, RestoreStep['outcome']>();
  const now = await host.readFiles(places.map(({ path }) => path));
  const wrong = places.flatMap((place) => {
    const { original, path } = place;
    const text = now.get(path) ?? null;
    const from = text?.trim().replace(/\s+/g, ' ') ?? null;
    if (from === null)
      outcomes.set(original, { state: 'failed', reason: `${path} no longer exists on ${host.label}` });
    else if (from === original.raw) outcomes.set(original, { state: 'unchanged' });
    else return [{ ...place, from, raw: original.raw }];
    return [];
  });
  const written = wrong.length === 0 ? [] : await writeValues(host, wrong);
  for (const [index, { original, path, from, raw, device }] of wrong.entries()) {
    const outcome = written[index] ?? { state: 'failed', reason: `${path} was not written` };
    const problem =
      outcome.state === 'failed'
        ? outcome.reason
        : outcome.effective !== raw
          ? `${path} is ${outcome.effective} after writing back ${raw}`
          : device === undefined
            ? null
            : await recreateDefaultLeaves(host, device);
    outcomes.set(
      original,
      problem === null ? { state: 'restored', from } : { state: 'failed', reason: problem },
    );
  }
  return outcomes;
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
