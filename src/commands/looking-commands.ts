// The commands that write nothing to any machine: doctor, plan, sim. What each does is loaded only when it is called.
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { LANDSCAPE_NAMES, MOST_NOISE_PCT, USUAL_NOISE_PCT } from '../sim/landscape-names.ts';
import { CONTENDER_HELP, type Common, contenders, type Execute, json, resultsFolder } from './options.ts';
import { budget, seed } from './tuning-commands.ts';

interface PlanArguments {
  readonly budget?: string;
  readonly seed?: number;
  readonly contender: readonly string[];
}

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
    .addOption(contenders())
    .addOption(resultsFolder('--out <dir>'))
    .addOption(json())
    .addHelpText('after', CONTENDER_HELP.replace('COMMAND', 'plan'))
    .action((scenario: string, options: Common & PlanArguments) =>
      perform(async (io) =>
        (await import('./plan.ts')).plan(
          scenario,
          { ...options, budget: options.budget, seed: options.seed },
          io,
        ),
      ),
    );

  program
    .command('sim')
    .description('a simulated router for optimisers: configurations and loads in, trials out, as JSON lines')
    .addArgument(new Argument('<landscape>').choices(LANDSCAPE_NAMES))
    .option('--seed <number>', 'seed of its noise', seed, 1)
    .option(
      '--noise <percent>',
      `how much its speed scatters from trial to trial, 0 to ${MOST_NOISE_PCT}`,
      noise,
      USUAL_NOISE_PCT,
    )
    .option('--truth', 'also what each configuration truly carries, and the best that there is', false)
    .addHelpText('after', SIM_HELP)
    .action((landscape: string, options: { seed: number; noise: number; truth: boolean }) =>
      perform(async (io) => (await import('./sim.ts')).sim(landscape, options, io)),
    );
}

const SIM_HELP = `
The first line that it writes is the space: knobs with type, range, scale and choices, the start, the loads that may be
asked for, and what counts as carried. Then each line that it reads is one trial, and has one line as its answer:

  {"configuration": {"router.workers": 4}, "rateCps": 1200}    a steady rate, calls/s
  {"configuration": {"router.workers": 4}, "burstCalls": 300}  calls that arrive all at once
  {"truth": true}                                              the best that there is, without noise
  {"truth": true, "configuration": {"router.workers": 4}}      what this carries, without noise

Knobs that a line does not set have the start's values. An answer has the verdict (carried, overloaded, invalid), the loss
and the delays, the limiter, and the seconds that the trial cost with its restarts. A line that cannot be understood gets an
answer with "error" and its number; the exit status is then 2.`;

function noise(text: string): number {
  const value = Number(text.replace(/\s*%$/, ''));
  if (text.trim() !== '' && value >= 0 && value <= MOST_NOISE_PCT) return value;
  throw new InvalidArgumentError(`It is a number of per cent from 0 to ${MOST_NOISE_PCT}.`);
}
