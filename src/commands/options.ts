// Options that several commands have in common, and what a command hands back to be run.
import { InvalidArgumentError, Option } from 'commander';
import type { ExitStatus } from '../errors.ts';
import type { CommandIo } from './command-io.ts';

export type Execute = (io: CommandIo) => Promise<ExitStatus>;

export interface Invocation {
  /** Changes the machine: interrupted, it is told so and puts everything back. Others just end. */
  readonly changesMachine: boolean;
  readonly execute: Execute;
}

export interface Common {
  readonly out: string;
  readonly json: boolean;
}

export const CAMPAIGN = "a campaign: its ID or the beginning of it, its folder, or its scenario's name";

export function resultsFolder(flags: string): Option {
  return new Option(flags, 'results folder').default('results').argParser(folder);
}

export function json(): Option {
  return new Option('--json', 'data as JSON on stdout').default(false);
}

/** May be given several times. */
export function contenders(): Option {
  return new Option(
    '--contender <file>',
    "measure this besides the scenario's (may be given again): a profile's name, or a file of settings",
  )
    .default([], 'none')
    .argParser((file: string, before: readonly string[]) => {
      if (file === '') throw new InvalidArgumentError('It is empty: give the name of a profile or a file.');
      return [...before, file];
    });
}

export const CONTENDER_HELP = `
--contender measures a ready-made configuration beside today's, as the scenario's own contenders are. It is the name of a profile
(article), or a file: a profile as YAML or JSON, the result.json of another campaign (its winner), a file of /etc/sysctl.d, or a
TuneD profile. Of the last two it takes what siptune knows, and says what it leaves out:

  siptune COMMAND mine.yaml --contender /etc/sysctl.d/90-sip.conf --contender /usr/lib/tuned/oracle/tuned.conf`;

/** A variable that was not set, in a script, must not become the folder that siptune was started in. */
export function folder(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty: give the name of a folder.');
}
