// The commands that look at the machine and write nothing: doctor, plan. What each does is loaded only when it is called.
import type { Command } from 'commander';
import { type Common, type Execute, json, resultsFolder } from './options.ts';
import { budget, seed } from './tuning-commands.ts';

export function addLookingCommands(program: Command, perform: (execute: Execute) => Promise<void>): void {
  program
    .command('doctor')
    .description('look at the target, write nothing: what is there, what is wrong, could a campaign start')
    .argument('[scenario]', "YAML file whose target is meant (this machine, with the router that's found)")
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .action((scenario: string | undefined, options: Common) =>
      perform(async (io) => (await import('./doctor.ts')).doctor(scenario, options, io)),
    );

  program
    .command('plan')
    .description(
      'dry run: every knob, write, command and restart of a campaign, and its time; writes nothing',
    )
    .argument('<scenario>', 'YAML file that says what is tuned, and for what')
    .option('--budget <duration>', "time for the whole campaign, e.g. 6m or 1h30m (the scenario's)", budget)
    .option('--seed <number>', "seed of the search (the scenario's)", seed)
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .action((scenario: string, options: Common & { budget?: string; seed?: number }) =>
      perform(async (io) =>
        (await import('./plan.ts')).plan(
          scenario,
          { ...options, budget: options.budget, seed: options.seed },
          io,
        ),
      ),
    );
}
