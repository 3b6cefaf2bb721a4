// The contenders of a campaign, those that a scenario names and those of the command line: where their files are looked
// for, and what is wrong with them.
import { stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Knob } from '../knobs/knob.ts';
import type { Finding, ScenarioProblem } from './problems.ts';
import { loadProfile } from './profiles/load-profile.ts';
import { apart } from './profiles/profile-name.ts';
import type { ContenderSpec } from './scenario.ts';
import { shortPath, show } from './wording.ts';

/** Profiles that come with siptune, for scenarios that live elsewhere. */
const OWN_PROFILES = fileURLToPath(new URL('../../scenarios/profiles', import.meta.url));

/** Where TuneD has its profiles: those of this machine, then those of the distribution, in its new and its old places. */
const TUNED_FOLDERS = ['/etc/tuned/profiles', '/etc/tuned', '/usr/lib/tuned/profiles', '/usr/lib/tuned'];

export interface Contenders {
  readonly specs: readonly ContenderSpec[];
  readonly findings: readonly Finding[];
  /** Those inside the profiles' own files, and those of the command line. */
  readonly problems: readonly ScenarioProblem[];
  readonly warnings: readonly ScenarioProblem[];
}

export interface ContenderSources {
  /** `contenders` of the scenario as it stands in the file. */
  readonly named: unknown;
  /** Of the command line; paths are relative to where siptune was started. */
  readonly given: readonly string[];
  readonly tunedFolders?: readonly string[];
}

interface Wanted {
  /** Where it is looked for, in this order. */
  readonly tried: readonly string[];
  readonly name: string;
  readonly complain: (message: string) => void;
  /** The same file a second time. */
  readonly twice: (name: string) => void;
}

export async function loadContenders(
  path: string,
  { named, given, tunedFolders = TUNED_FOLDERS }: ContenderSources,
  catalogue: readonly Knob[],
): Promise<Contenders> {
  const specs: ContenderSpec[] = [];
  const findings: Finding[] = [];
  const problems: ScenarioProblem[] = [];
  const warnings: ScenarioProblem[] = [];
  const names = new Map<string, string>();
  const wanted = [
    ...wantedByScenario(path, named, findings),
    ...given.map((name) => wantedByCommand(path, name, problems, warnings)),
  ];
  for (const { tried, name, complain, twice } of wanted) {
    const file = await firstThatExists(tried);
    if (file === undefined) {
      complain(`there is no profile ${show(name)}: looked for ${tried.map(shortPath).join(' and ')}`);
      continue;
    }
    const before = names.get(resolve(file));
    if (before !== undefined) {
      twice(before);
      continue;
    }
    const profile = await loadProfile(file, { catalogue, tunedFolders });
    if (profile.state === 'invalid') {
      problems.push(...profile.problems);
      continue;
    }
    warnings.push(...profile.warnings);
    const own = apart(
      profile.contender.name,
      specs.map((spec) => spec.name),
    );
    if (own !== profile.contender.name)
      warnings.push({
        file,
        line: 1,
        column: 1,
        message: `the name ${show(profile.contender.name)} is taken: this contender is called ${show(own)}`,
      });
    names.set(resolve(file), own);
    specs.push({ ...profile.contender, name: own });
  }
  return { specs, findings, problems, warnings };
}

function wantedByScenario(path: string, named: unknown, findings: Finding[]): readonly Wanted[] {
  return (Array.isArray(named) ? named : []).flatMap((name, index): readonly Wanted[] => {
    if (typeof name !== 'string' || name === '') return []; // The schema has complained.
    const complain = (message: string) =>
      void findings.push({
        path: ['contenders', index],
        at: 'value',
        message: `contenders[${index}]: ${message}`,
      });
    const twice = (taken: string) => complain(`a profile named ${show(taken)} takes part already`);
    return [{ tried: profilePaths(path, name), name, complain, twice }];
  });
}

function wantedByCommand(
  path: string,
  name: string,
  problems: ScenarioProblem[],
  warnings: ScenarioProblem[],
): Wanted {
  const here = (message: string): ScenarioProblem => ({
    file: shortPath(name),
    line: 1,
    column: 1,
    message: `--contender: ${message}`,
  });
  return {
    tried: isPath(name) ? [name] : [...profilePaths(path, name), name],
    name,
    complain: (message) => void problems.push(here(message)),
    twice: (taken) => void warnings.push(here(`it takes part already, as ${show(taken)}`)),
  };
}

/** A bare name is a profile beside the scenario, or one of siptune's own; anything else is a path. */
function profilePaths(scenarioPath: string, name: string): readonly string[] {
  if (isPath(name)) return [besideAsGiven(scenarioPath, name)];
  const beside = join(dirname(scenarioPath), 'profiles', `${name}.yaml`);
  const own = join(OWN_PROFILES, `${name}.yaml`);
  return resolve(beside) === own ? [beside] : [beside, own];
}

function isPath(name: string): boolean {
  return name.includes('/') || ['.yaml', '.yml', '.json', '.conf'].includes(extname(name).toLowerCase());
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
