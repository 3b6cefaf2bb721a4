// siptune export: the winning profile as files for other tools.
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import type { ExportedFile, Exporter } from '../export/exporter.ts';
import { ALL_FORMATS } from '../export/formats.ts';
import { EXPORTERS } from '../export/index.ts';
import { profileOf } from '../export/profile.ts';
import { writeFiles } from '../export/write-files.ts';
import { plainText } from '../report/plain-text.ts';
import type { CommandIo } from './command-io.ts';
import { readCampaign } from './read-campaign.ts';

export interface ExportOptions {
  /** Formats by name, as the command line has checked them; "all" stands for every one. */
  readonly format: readonly string[];
  /** Folder for the files, or "-" for stdout. */
  readonly out: string;
  readonly results: string;
  readonly json: boolean;
  readonly force: boolean;
}

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
      `the profile has nothing for ${options.format.join(', ')}: it sets ${profile.settings.map(({ knob }) => knob.name).join(', ') || 'nothing'}`,
    );
  if (options.out === '-') {
    io.out(options.json ? `${JSON.stringify(files, null, 2)}\n` : concatenated(files));
    return EXIT.ok;
  }
  const written = await writeFiles(files, options.out, options.force);
  if (options.json) io.out(`${JSON.stringify(written, null, 2)}\n`);
  else {
    for (const path of written) io.out(`${plainText(path)}\n`);
    io.err('Each file says at its top how it is installed and undone.\n');
  }
  return EXIT.ok;
}

/** Several files in one stream are told apart by their names. */
function concatenated(files: readonly ExportedFile[]): string {
  return files.length === 1
    ? (files[0]?.text ?? '')
    : files.map(({ path, text }) => `# ======== ${path} ========\n${text}`).join('\n');
}

function exportersNamed(formats: readonly string[]): readonly Exporter[] {
  return formats.includes(ALL_FORMATS)
    ? EXPORTERS
    : EXPORTERS.filter(({ format }) => formats.includes(format));
}
