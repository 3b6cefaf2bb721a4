// Reads a contender's file of any kind: siptune's own YAML or JSON, a result, sysctl.d, TuneD.
import { extname } from 'node:path';
import { readText } from '../text-file.ts';
import { jsonProfile } from './json-profile.ts';
import type { Profile, ProfileText } from './profile.ts';
import { sysctlProfile } from './sysctl-d.ts';
import { tunedProfile } from './tuned.ts';
import { yamlProfile } from './yaml-profile.ts';

const KINDS = {
  yaml: { name: 'YAML', read: yamlProfile },
  json: { name: 'JSON', read: jsonProfile },
  sysctl: { name: 'sysctl.d', read: sysctlProfile },
  tuned: { name: 'TuneD', read: tunedProfile },
} as const;

type Kind = keyof typeof KINDS;

export async function loadProfile(
  file: string,
  where: Pick<ProfileText, 'catalogue' | 'tunedFolders'>,
): Promise<Profile> {
  const expected = kindByName(file) ?? 'yaml';
  const read = await readText(
    file,
    'give the name of a profile or the path of its file',
    KINDS[expected].name,
  );
  if (read.state === 'unreadable')
    return {
      state: 'invalid',
      problems: [{ file, line: 1, column: 1, message: `the file ${read.message}` }],
    };
  return KINDS[kindOf(file, read.text)].read({ file, text: read.text, ...where });
}

/** By the file's name where that says it, else by its first line that is not a comment. */
function kindOf(file: string, text: string): Kind {
  const named = kindByName(file);
  if (named === 'yaml' || named === 'json') return named;
  const first = /^[^\S\n\r]*(?![#;])(\S[^\n\r]*)/m.exec(text)?.[1] ?? '';
  if (/^\[[^\]]+\]\s*(#.*)?$/.test(first)) return 'tuned';
  if (named !== undefined) return named;
  if (first.startsWith('{')) return 'json';
  return /^-?[\w.*/-]+\s*=/.test(first) ? 'sysctl' : 'yaml';
}

/** Of a .conf, only its text says which of two it is. */
function kindByName(file: string): Kind | undefined {
  const extension = extname(file).toLowerCase();
  if (extension === '.json') return 'json';
  if (extension === '.yaml' || extension === '.yml') return 'yaml';
  return extension === '.conf' ? 'sysctl' : undefined;
}
