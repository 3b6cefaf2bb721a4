// siptune export: the winning profile as files for other tools.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import type { ExportedFile } from '../export/exporter.ts';
import { EXPORTERS } from '../export/index.ts';
import { profileOf } from '../export/profile.ts';
import type { CommandIo } from './command-io.ts';
import { readCampaign } from './read-campaign.ts';

export interface ExportOptions {
  /** Formats by name; "all" stands for every one. */
  readonly format: readonly string[];
  /** Folder for the files, or "-" for stdout. */
  readonly out: string;
  readonly results: string;
  readonly json: boolean;
  readonly force: boolean;
}

/** Every file of ours says so near its top. */
const OURS = /found and proven by siptune/;

export async function exportProfile(
  id: string | undefined,
  options: ExportOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const exporters = exportersNamed(options.format);
  const { result } = await readCampaign(options.results, id);
  const profile = profileOf(result);
  const files = exporters.flatMap((exporter) => exporter.files(profile));
  if (files.length === 0)
    throw new UserError(
      `the profile has nothing for ${options.format.join(', ')}: it sets ${profile.settings.map(({ knob }) => knob.name).join(', ')}`,
    );
  if (options.out === '-') {
    io.out(options.json ? `${JSON.stringify(files, null, 2)}\n` : files.map(({ text }) => text).join('\n'));
    return EXIT.ok;
  }
  const written = await writeFiles(files, options.out, options.force);
  if (options.json) io.out(`${JSON.stringify(written, null, 2)}\n`);
  else for (const path of written) io.out(`${path}\n`);
  return EXIT.ok;
}

function exportersNamed(formats: readonly string[]) {
  const names = EXPORTERS.map(({ format }) => format);
  const wanted = formats.includes('all') || formats.length === 0 ? names : formats;
  return wanted.map((name) => {
    const exporter = EXPORTERS.find(({ format }) => format === name);
    if (!exporter) throw new UserError(`there is no format "${name}": there are ${names.join(', ')} and all`);
    return exporter;
  });
}

/** All or nothing: a file that is not ours is never overwritten unasked, and then none is written. */
async function writeFiles(
  files: readonly ExportedFile[],
  dir: string,
  force: boolean,
): Promise<readonly string[]> {
  const paths = files.map(({ path }) => join(dir, path));
  if (!force)
    for (const path of paths)
      if (await isForeign(path))
        throw new UserError(
          `${path} exists and is not siptune's: move it away, name another folder, or give --force`,
        );
  try {
    await mkdir(dir, { recursive: true });
    for (const [index, { text, mode }] of files.entries()) {
      const path = paths[index] ?? '';
      await writeFile(path, text);
      await chmod(path, mode);
    }
  } catch (error) {
    throw new UserError(`the export cannot be written to ${dir}: ${(error as Error).message}`);
  }
  return paths;
}

async function isForeign(path: string): Promise<boolean> {
  try {
    return !OURS.test(await readFile(path, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
