// The command line as a whole: its commands, its help, its exit statuses.
import { Command } from 'commander';
import { addLookingCommands } from './looking-commands.ts';
import type { Invocation } from './options.ts';
import { addReadingCommands } from './reading-commands.ts';
import { addTuningCommands } from './tuning-commands.ts';

export interface ProgramOutput {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

const EXAMPLES = `
Examples:
  siptune doctor                               is this machine fit for a campaign, and what looks wrong already
  siptune plan scenarios/lab-kamailio.yaml     what that campaign would do, without doing it
  siptune run scenarios/lab-kamailio.yaml      tune Kamailio in the lab, in the scenario's seven minutes
  siptune run mine.yaml --budget 1h --seed 7   more time, other proposals
  siptune run mine.yaml --contender FILE       also measure what a sysctl.d file, TuneD profile or result sets
  siptune resume                               go on with a campaign that was interrupted
  siptune list                                 the campaigns so far
  siptune report lab-kamailio                  the latest of that name
  siptune export lab-kamailio --format sysctl.d --out profile
  siptune sim article --seed 1 --noise 5       a simulated router that reads and writes JSON lines
  siptune restore                              put everything back after a crash

Exit status:
  0    improvement proven, or the command succeeded
  1    nothing proven
  2    bad usage, or something wrong in a scenario
  3    the target is unsafe or unreachable, not everything could be restored, or the disk is full
  70   a bug in siptune
  130  interrupted, after the restore

Environment:
  SIPTUNE_SSH_CONFIG  another ssh configuration file than yours and the system's, for targets on other machines

Data goes to stdout, progress and messages to stderr. NO_COLOR is honoured.`;

/** `invoke` runs what was asked for; it is given exactly one invocation, or none when the usage was wrong. */
export function createProgram(
  version: string,
  output: ProgramOutput,
  invoke: (invocation: Invocation) => Promise<void>,
): Command {
  const program = new Command('siptune')
    .description('Tunes kernel, network and router settings of a SIP router by measuring them.')
    .version(version)
    .configureOutput(output)
    .exitOverride()
    .showHelpAfterError('("siptune --help" shows what there is)')
    .addHelpText('after', EXAMPLES);

  addLookingCommands(program, (execute) => invoke({ changesMachine: false, execute }));
  addTuningCommands(program, (execute) => invoke({ changesMachine: true, execute }));
  addReadingCommands(program, (execute) => invoke({ changesMachine: false, execute }));
  return program;
}
