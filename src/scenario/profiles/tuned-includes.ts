// A TuneD profile with all that it includes, the outermost last (tuned/profiles/loader.py, locator.py).
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ScenarioProblem } from '../problems.ts';
import { readText } from '../text-file.ts';
import { shortPath, show } from '../wording.ts';
import type { ProfileText } from './profile.ts';
import { type IniEntry, type IniSection, parseIni } from './tuned-ini.ts';

export interface TunedFile {
  readonly file: string;
  readonly sections: readonly IniSection[];
}

export interface TunedFiles {
  /** In the order in which they are applied. */
  readonly files: readonly TunedFile[];
  readonly problems: readonly ScenarioProblem[];
  readonly warnings: readonly ScenarioProblem[];
}

type Outermost = Pick<ProfileText, 'file' | 'text' | 'tunedFolders'>;

const PROFILE_NAME = /^(-?)(\w[\w.-]*)$/;
/** Nobody's profile has as many; loops end by themselves. */
const MOST_FILES = 30;

export async function withIncludes(outermost: Outermost): Promise<TunedFiles> {
  const files: TunedFile[] = [];
  const problems: ScenarioProblem[] = [];
  const warnings: ScenarioProblem[] = [];
  const seen = new Set<string>();

  const visit = async (file: string, text: string): Promise<void> => {
    seen.add(resolve(file));
    const ini = parseIni(
      file,
      text.replaceAll(/\$\{i:PROFILE_DIR\}/g, () => dirname(file)),
    );
    if (ini.state === 'invalid') {
      problems.push(...ini.problems);
      return;
    }
    const main = ini.sections.filter(({ name }) => name === 'main').flatMap(({ entries }) => entries);
    const include = main.findLast(({ key }) => key === 'include');
    if (include !== undefined) await follow(include);
    files.push({ file, sections: ini.sections });
  };

  const follow = async (include: IniEntry): Promise<void> => {
    const warn = (message: string) =>
      warnings.push({ file: include.file, line: include.line, column: include.valueColumn, message });
    if (include.value.includes('${')) {
      warn(`include=${include.value} is left out: TuneD works that out on its own machine`);
      return;
    }
    for (const word of include.value.split(/\s*[,;]\s*|\s+/).filter(Boolean)) {
      const [, optional, name] = PROFILE_NAME.exec(word) ?? [];
      if (name === undefined) {
        warn(`include: ${show(word)} is not the name of a profile: it is left out`);
        continue;
      }
      const places = placesOf(name, [include.file, outermost.file], outermost.tunedFolders);
      const there = await existing(places);
      const next = there.find((path) => !seen.has(resolve(path)));
      if (next !== undefined) {
        if (seen.size >= MOST_FILES) warn(`include: more than ${MOST_FILES} profiles, the rest is left out`);
        else await read(next);
      } else if (there.length === 0 && optional === '')
        warn(
          `include: there is no profile ${show(name)} here, so what it sets is left out: looked for ${places.map(shortPath).join(', ')}`,
        );
    }
  };

  const read = async (file: string): Promise<void> => {
    const found = await readText(file, 'it is included', 'TuneD');
    if (found.state === 'read') await visit(file, found.text);
    else problems.push({ file, line: 1, column: 1, message: `the file ${found.message}` });
  };

  await visit(outermost.file, outermost.text);
  return { files, problems, warnings };
}

/** Beside the file that includes it or the one that was given, then where TuneD looks. */
function placesOf(name: string, files: readonly string[], folders: readonly string[]): readonly string[] {
  const places = [
    ...files.flatMap((file) => [
      join(dirname(file), '..', name, 'tuned.conf'),
      join(dirname(file), name, 'tuned.conf'),
      join(dirname(file), `${name}.conf`),
    ]),
    ...folders.map((folder) => join(folder, name, 'tuned.conf')),
  ];
  return places.filter(
    (place, index) => places.findIndex((one) => resolve(one) === resolve(place)) === index,
  );
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (facts) => facts.isFile(),
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => found[index]);
}
