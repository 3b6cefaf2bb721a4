// A profile as JSON (name, why, settings), or the result of a campaign, whose winner is the contender.
import { z } from 'zod';
import type { Configuration, Knob, KnobValue } from '../../knobs/knob.ts';
import { sameValue } from '../../knobs/knob-value.ts';
import { at } from '../cross-checks.ts';
import type { Finding, ScenarioProblem } from '../problems.ts';
import { findingsOf, perCatalogue } from '../schema-parts.ts';
import { parseYaml } from '../yaml-file.ts';
import type { Profile, ProfileText } from './profile.ts';
import { asProfileName, nameOfFile } from './profile-name.ts';
import { profileName, settings } from './yaml-profile.ts';

type Settings = Readonly<Record<string, unknown>>;

export function jsonProfile({ file, text, catalogue }: ProfileText): Profile {
  // JSON is YAML as well, and that reader knows where everything stands.
  const json = parseYaml(file, text);
  if (json.state === 'unreadable') return { state: 'invalid', problems: json.problems };
  const { data, problemOf } = json;
  const invalid = (...findings: readonly Finding[]): Profile => ({
    state: 'invalid',
    problems: findings.map(problemOf),
  });
  if (!isMapping(data))
    return invalid({ path: [], at: 'value', message: 'must be an object with settings, or a result.json' });
  const isResult = 'winner' in data && 'verdict' in data;
  const found = isResult ? winnerOf(data) : data.settings;
  if (found === null)
    return invalid({
      path: ['winner'],
      at: 'value',
      message: `this campaign has no winner (its verdict is ${String(data.verdict)}): there is nothing to measure`,
    });
  const values = isMapping(found) ? withoutFollowers(found, catalogue) : found;
  const read = isResult
    ? resultSchema(catalogue).safeParse({ winner: { config: values } })
    : profileSchema(catalogue).safeParse({ name: data.name, settings: values });
  if (!read.success) return invalid(...findingsOf(read.error));
  const { name, configuration } = read.data;
  const own = isResult && typeof data.id === 'string' ? asProfileName(data.id) : nameOfFile(file);
  return {
    state: 'valid',
    contender: { name: name ?? own, configuration },
    warnings: isResult ? unproven(data, problemOf) : [],
  };
}

interface Read {
  /** Undefined where the file has none of its own. */
  readonly name: string | undefined;
  readonly configuration: Configuration;
}

const profileSchema = perCatalogue((catalogue) =>
  z
    .object({ name: profileName.optional(), settings: settings(catalogue) })
    .transform((profile): Read => ({ name: profile.name, configuration: profile.settings })),
);

const resultSchema = perCatalogue((catalogue) =>
  z
    .object({ winner: z.object({ config: settings(catalogue) }) })
    .transform(({ winner }): Read => ({ name: undefined, configuration: winner.config })),
);

/** What the winner changed: the rest is how that machine was. */
function winnerOf(result: Settings): Settings | null | undefined {
  if (result.winner === null) return null;
  const config = at(result, 'winner', 'config');
  if (!isMapping(config)) return undefined;
  return Object.fromEntries(
    Object.entries(config).filter(([name, value]) => {
      const before = at(result, 'baseline', 'config', name);
      return before === undefined || !sameValue(before as KnobValue, value as KnobValue);
    }),
  );
}

/** kernel.shmall goes where kernel.shmmax goes, as it did where the profile was found. */
function withoutFollowers(found: Settings, catalogue: readonly Knob[]): Settings {
  const leads = (name: string) =>
    catalogue.some(({ name: leader, derives }) => derives === name && Object.hasOwn(found, leader));
  return Object.fromEntries(Object.entries(found).filter(([name]) => !leads(name)));
}

function unproven(result: Settings, problemOf: (finding: Finding) => ScenarioProblem): ScenarioProblem[] {
  if (result.verdict === 'improved') return [];
  const message = `this winner was not proven where it was found (${String(result.verdict)})`;
  return [problemOf({ path: ['verdict'], at: 'value', message })];
}

function isMapping(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
