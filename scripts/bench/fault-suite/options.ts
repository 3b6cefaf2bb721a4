// What the fault suite is asked for on its command line.
import { parseArgs } from 'node:util';
import { PHASES as CAMPAIGN_PHASES, type Phase as CampaignPhase } from '../../../src/campaign/events.ts';

export const KINDS = ['kill', 'stop', 'router', 'sipp', 'disk', 'clock', 'link'] as const;
export type Kind = (typeof KINDS)[number];

/** Phases of a campaign in which a fault can be placed, as its journal names them. */
export type Phase = Exclude<CampaignPhase, 'report'>;
/** All but the report, in which everything is put back already. */
export const PHASES: readonly Phase[] = CAMPAIGN_PHASES.filter((phase) => phase !== 'report');

export interface Options {
  readonly counts: Readonly<Record<Kind, number>>;
  readonly phases: readonly Phase[];
  readonly seed: number;
  /** Period of the dead-man's timer; 0: the scenario does not name it, and "siptune restore" is what puts things back. */
  readonly periodS: number;
  readonly budget: string;
  /** So many kills, or cut links, in one campaign: it is resumed after each. The other faults have a campaign each. */
  readonly perCampaign: number;
  /** Rows are appended to this file; undefined: the table on the screen is all. */
  readonly json: string | undefined;
}

const HELP = `usage: scripts/bench/faults [options]

  --kill N      kill -9 of siptune (default 10)
  --stop N      SIGSTOP of siptune beyond the dead-man's period (default 2)
  --router N    kill -9 of a process of the router (default 2)
  --sipp N      kill -9 of a SIPp (default 2)
  --disk N      the disk of the results folder filled (default 2)
  --clock N     the machine's clock set an hour forward or back, kept for two periods; then kill -9 of siptune, and the clock is
                put right again (default 2)
  --link N      the link to the target cut, the lab reached over SSH: nothing is forwarded, nothing closed (default 2)
  --phases LIST of ${PHASES.join(', ')} (default: all, each equally often)
  --period S    the dead-man's period in seconds (default 5); 0: without it, "siptune restore" is run after a kill
  --budget TIME of each campaign (default 3m, the least)
  --per-campaign N
                kills, or cut links, in one campaign, which "siptune resume" continues after each (default 1)
  --seed N      of moments and order (default 1)
  --json FILE   append what came of each fault to FILE, one JSON object a line, as soon as it is known, so that runs add up:
                kind, phase, restoredAfterS (null: not in time), changed (whether anything was to be put back), lost

Faults run one after the other. Each takes as long as its campaign needs to get to the phase that it strikes: a few seconds for
prepare, up to the whole budget for restore. With --per-campaign 24 a kill takes about 20 seconds. The exit status is 1 when anything was lost or left behind, 2 for bad usage.`;

const DEFAULT_COUNTS: Readonly<Record<Kind, number>> = {
  kill: 10,
  stop: 2,
  router: 2,
  sipp: 2,
  disk: 2,
  clock: 2,
  link: 2,
};

/** The options, or the text to end with. */
export function parseOptions(
  argv: readonly string[],
): Options | { readonly text: string; readonly status: 0 | 2 } {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...argv],
      options: {
        ...{ kill: text, stop: text, router: text, sipp: text, disk: text, clock: text, link: text },
        ...{ phases: text, period: text, budget: text, seed: text, 'per-campaign': text, json: text },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return { text: HELP, status: 0 };
    const counts = Object.fromEntries(
      KINDS.map((kind) => [kind, wholeNumber(kind, values[kind] ?? String(DEFAULT_COUNTS[kind]))]),
    ) as Record<Kind, number>;
    return {
      counts,
      phases: phasesIn(values.phases),
      seed: wholeNumber('seed', values.seed ?? '1'),
      periodS: wholeNumber('period', values.period ?? '5'),
      budget: values.budget ?? '3m',
      perCampaign: Math.max(1, wholeNumber('per-campaign', values['per-campaign'] ?? '1')),
      json: fileIn(values.json),
    };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`, status: 2 };
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes a whole number, not "${text}"`);
}

function fileIn(text: string | undefined): string | undefined {
  if (text === '') throw new Error('--json takes the name of a file, not ""');
  return text;
}

function phasesIn(text: string | undefined): readonly Phase[] {
  if (text === undefined) return PHASES;
  return text.split(',').map((word) => {
    const phase = PHASES.find((one) => one === word.trim());
    if (phase) return phase;
    throw new Error(`--phases: "${word}" is not one of ${PHASES.join(', ')}`);
  });
}
