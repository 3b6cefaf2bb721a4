// A profile as YAML: a named configuration in a file of its own (name, why, settings), measured as a contender.
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { Configuration, Knob, KnobValue } from '../../knobs/knob.ts';
import { parseProfileSetting, requireKnob } from '../knob-settings.ts';
import type { Finding } from '../problems.ts';
import { findingsOf, mapping, parsed, perCatalogue, text } from '../schema-parts.ts';
import { show } from '../wording.ts';
import { parseYaml } from '../yaml-file.ts';
import type { Profile, ProfileText } from './profile.ts';
import { isProfileName, TAKEN } from './profile-name.ts';

export function yamlProfile({ file, text, catalogue }: ProfileText): Profile {
  const yaml = parseYaml(file, text);
  if (yaml.state === 'unreadable') return { state: 'invalid', problems: yaml.problems };
  const result = profileSchema(catalogue).safeParse(yaml.data);
  if (!result.success) return { state: 'invalid', problems: findingsOf(result.error).map(yaml.problemOf) };
  const { name, settings } = result.data;
  return { state: 'valid', contender: { name, configuration: settings }, warnings: [] };
}

export const profileName = parsed((value) => {
  if (value === TAKEN)
    throw new UserError(`${show(value)} is what the router has today: choose another name`);
  if (typeof value === 'string' && isProfileName(value)) return value;
  throw new UserError(`${show(value)} is not a name (letters, digits, blanks, ".", "_", "-"; at most 40)`);
});

const profileSchema = perCatalogue((catalogue) =>
  mapping({
    name: profileName,
    why: text(/\S/, 'a sentence that says where these values come from').optional(),
    settings: settings(catalogue),
  }),
);

/** A mapping of knobs to values, checked against the catalogue. */
export function settings(catalogue: readonly Knob[]) {
  return z.unknown().transform((value, context): Configuration => {
    if (
      typeof value !== 'object' ||
      value === null ||
      Array.isArray(value) ||
      Object.keys(value).length === 0
    ) {
      context.addIssue('must be a mapping of knobs to values, e.g. net.core.rmem_max: 8 MiB');
      return z.NEVER;
    }
    const configuration: Record<string, KnobValue> = {};
    for (const [name, raw] of Object.entries(value)) {
      let at: Finding['at'] = 'key';
      try {
        const knob = requireKnob(name, catalogue);
        at = 'value';
        configuration[name] = parseProfileSetting(knob, raw);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        context.addIssue({ code: 'custom', path: [name], message: error.message, params: { at } });
      }
    }
    return configuration;
  });
}
