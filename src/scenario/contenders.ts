// The profiles that a scenario names as contenders: where they are looked for, and what is wrong with them.
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Knob } from '../knobs/knob.ts';
import type { Finding, ScenarioProblem } from './problems.ts';
import { loadProfile } from './profile-file.ts';
import type { ContenderSpec } from './scenario.ts';
import { shortPath, show } from './wording.ts';

/** Profiles that come with siptune, for scenarios that live elsewhere. */
const OWN_PROFILES = fileURLToPath(new URL('../../scenarios/profiles', import.meta.url));

export interface Contenders {
  readonly specs: readonly ContenderSpec[];
  readonly findings: readonly Finding[];
  /** Those inside the profiles' own files. */
  readonly problems: readonly ScenarioProblem[];
}

export async function loadContenders(
  path: string,
  names: unknown,
  catalogue: readonly Knob[],
): Promise<Contenders> {
  const specs: ContenderSpec[] = [];
  const findings: Finding[] = [];
  const problems: ScenarioProblem[] = [];
  for (const [index, name] of (Array.isArray(names) ? names : []).entries()) {
    if (typeof name !== 'string' || name === '') continue; // The schema has complained.
    const complain = (message: string) =>
      findings.push({
        path: ['contenders', index],
        at: 'value',
        message: `contenders[${index}]: ${message}`,
      });
    const tried = profilePaths(path, name);
    const file = await firstThatExists(tried);
    if (file === undefined) {
      complain(`there is no profile ${show(name)}: looked for ${tried.map(shortPath).join(' and ')}`);
      continue;
    }
    const profile = await loadProfile(file, catalogue);
    if (profile.state === 'invalid') problems.push(...profile.problems);
    else if (specs.some((spec) => spec.name === profile.contender.name))
      complain(`a profile named ${show(profile.contender.name)} takes part already`);
    else specs.push(profile.contender);
  }
  return { specs, findings, problems };
}

/** A bare name is a profile beside the scenario, or one of siptune's own; anything else is a path. */
function profilePaths(scenarioPath: string, name: string): readonly string[] {
  if (name.includes('/') || /\.ya?ml$/.test(name)) return [besideAsGiven(scenarioPath, name)];
  const beside = join(dirname(scenarioPath), 'profiles', `${name}.yaml`);
  const own = join(OWN_PROFILES, `${name}.yaml`);
  return resolve(beside) === own ? [beside] : [beside, own];
}

async function firstThatExists(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const exists = await stat(path).then(
      () => true,
      () => false,
    );
    if (exists) return path;
  }
  return undefined;
}

/** For messages: relative as long as the scenario's own path is. */
function besideAsGiven(scenarioPath: string, path: string): string {
  return path.startsWith('/') ? path : join(dirname(scenarioPath), path);
}
