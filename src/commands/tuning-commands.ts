// The commands that change the machine: run, resume, restore, lab. What each does is loaded only when it is called.
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { parseBudgetMs } from '../scenario/units.ts';
import {
  CAMPAIGN,
  CONTENDER_HELP,
  type Common,
  contenders,
  type Execute,
  json,
  resultsFolder,
} from './options.ts';
import { parseUntil } from './until.ts';

const LARGEST_SEED = 2 ** 32 - 1;

interface RunArguments extends Common {
  readonly budget?: string;
  readonly seed?: number;
  readonly contender: readonly string[];
  readonly until?: string;
  readonly keepInert: boolean;
  readonly quiet: boolean;
}

export function addTuningCommands(program: Command, perform: (execute: Execute) => Promise<void>): void {
  program
    .command('run')
    .description('run one campaign: measure today, search, prove, restore, report (needs root)')
    .argument('<scenario>', 'YAML file that says what is tuned, and for what')
    .option('--budget <duration>', "time for the whole campaign, e.g. 6m or 1h30m (the scenario's)", budget)
    .option(
      '--until <time>',
      'ends, restored and reported, by then: 05:30 (the next one) or an ISO time',
      until,
    )
    .option('--seed <number>', "seed of the search (the scenario's)", seed)
    .addOption(contenders())
    .option('--keep-inert', 'search also settings that do nothing on this target', false)
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .option('-q, --quiet', 'no progress', false)
    .addHelpText('after', CONTENDER_HELP.replace('COMMAND', 'run'))
    .action((scenario: string, options: RunArguments) =>
      perform(async (io) =>
        (await import('./run.ts')).run(
          scenario,
          { ...options, budget: options.budget, seed: options.seed, until: options.until },
          io,
        ),
      ),
    );

  program
    .command('resume')
    .description('go on with a campaign that was interrupted or killed (needs root)')
    .argument('[id]', `${CAMPAIGN} (the latest)`)
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .option('-q, --quiet', 'no progress', false)
    .action((id: string | undefined, options: Common & { quiet: boolean }) =>
      perform(async (io) => (await import('./resume.ts')).resume(id, options, io)),
    );

  program
    .command('restore')
    .description('put back what an interrupted campaign changed; safe to run again')
    .argument('[id]', `${CAMPAIGN} (all of them)`)
    .option('--give-up', 'take what cannot be put back as it is, and let go of the target', false)
    .option('--target <address>', 'only there, also without its journals: ssh://user@name:port')
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .action(
      (id: string | undefined, options: Common & { readonly giveUp: boolean; readonly target?: string }) =>
        perform(async (io) => (await import('./restore.ts')).restore(id, options, io)),
    );

  program
    .command('lab')
    .description('the namespaces in which siptune tunes a router of its own: caller, router, callee')
    .addArgument(new Argument('<action>').choices(['up', 'down', 'status']))
    .option('--egress <rate>', 'limit of the router\'s link to the callee, e.g. "20 Mbit/s"')
    .addOption(json())
    .action((action: 'up' | 'down' | 'status', options: { json: boolean; egress?: string }) =>
      perform(async (io) => (await import('./lab.ts')).lab(action, options, io)),
    );
}

/** Checked here, where the option's name can be said; passed on as written. */
export function budget(text: string): string {
  try {
    parseBudgetMs(text);
    return text;
  } catch (error) {
    if (error instanceof UserError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function until(text: string): string {
  try {
    parseUntil(text, new Date());
    return text;
  } catch (error) {
    if (error instanceof UserError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

export function seed(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= LARGEST_SEED) return value;
  throw new InvalidArgumentError(`It is a whole number from 0 to ${LARGEST_SEED}.`);
}
