// The commands that only read results: list, report, compare, export. What each does is loaded only when it is called.
import { type Command, InvalidArgumentError } from 'commander';
import { ALL_FORMATS, FORMATS } from '../export/formats.ts';
import { CAMPAIGN, type Common, type Execute, folder, json, resultsFolder } from './options.ts';

export function addReadingCommands(program: Command, perform: (execute: Execute) => Promise<void>): void {
  program
    .command('list')
    .description('the campaigns so far')
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .action((options: Common) => perform(async (io) => (await import('./list.ts')).list(options, io)));

  program
    .command('report')
    .description('one campaign: verdict, numbers, proof, profile')
    .argument('[id]', `${CAMPAIGN} (the latest)`)
    .option('--figure <file>', 'also write the campaign as a picture (SVG)')
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .action((id: string | undefined, options: Common & { figure?: string }) =>
      perform(async (io) => (await import('./report.ts')).report(id, options, io)),
    );

  program
    .command('compare')
    .description('campaigns side by side: settings, numbers, what differs beyond noise')
    .argument('<ids...>', `two or more: ${CAMPAIGN}`)
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .action((ids: string[], options: Common) =>
      perform(async (io) => (await import('./compare.ts')).compare(ids, options, io)),
    );

  program
    .command('export')
    .description('the proven profile as files for other tools')
    .argument('[id]', `${CAMPAIGN} (the latest)`)
    .option(
      '--format <format>',
      `${FORMATS.join(', ')} or ${ALL_FORMATS}; several with commas, or given again (${ALL_FORMATS})`,
      formats,
    )
    .option('--out <dir>', 'folder for the files, "-" for stdout', folder, 'profile')
    .addOption(resultsFolder('--results <dir>'))
    .option('--force', "overwrite files that are not siptune's", false)
    .addOption(json())
    .action(
      (
        id: string | undefined,
        options: { format?: string[]; out: string; results: string; json: boolean; force: boolean },
      ) =>
        perform(async (io) =>
          (await import('./export.ts')).exportProfile(
            id,
            { ...options, format: options.format ?? [ALL_FORMATS] },
            io,
          ),
        ),
    );
}

function formats(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const known: readonly string[] = [...FORMATS, ALL_FORMATS];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no format "${unknown}"; there are ${known.join(', ')}.`);
  return [...before, ...names];
}
