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

/** A variable that was not set, in a script, must not become the folder that siptune was started in. */
export function folder(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty: give the name of a folder.');
}
