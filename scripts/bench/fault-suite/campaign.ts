// One real campaign, through the command line only: started, watched through its journal, struck.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { marked } from './leftovers.ts';
import { PHASES, type Phase } from './options.ts';

/** What fills the disk of the results folder; not a campaign. */
export const FILLER = 'filler';
const CLI = ['--import', 'tsx', 'src/cli.ts'];
const POLL_MS = 10;
const RESTORE_TIMEOUT_MS = 60_000;
/** From "siptune resume" to its first new trial. */
const RESUME_MS = 2_500;

export interface Campaign {
  readonly pid: number;
  readonly logFile: string;
  /** Undefined while it runs. */
  exitStatus(): number | string | undefined;
  exited(timeoutMs: number): Promise<boolean>;
  /**
   * Waits for the beginning of a phase, then for `share` of what it usually takes; false when the campaign ended before.
   * A campaign that was resumed in this phase goes on in it: the time counts from its start.
   */
  reach(phase: Phase, share: number): Promise<boolean>;
  signal(name: NodeJS.Signals): void;
}

/** How long each phase takes, learned from the campaigns so far; the first guess is for a budget of three minutes. */
const usualMs: Record<Phase, number> = {
  prepare: 1_500,
  baseline: 30_000,
  contenders: 20_000,
  search: 45_000,
  minimise: 15_000,
  confirm: 60_000,
  restore: 500,
};

/** The one that runs: its end is the suite's business, too, when the suite is ended. */
let running: Campaign | undefined;

export function interruptRunning(): void {
  running?.signal('SIGINT');
}

/** `begin`: the campaign that is in `out` goes on, or a new one is put there. */
export function startCampaign(deps: {
  readonly begin: 'run' | 'resume';
  readonly folder: string;
  readonly scenario: string;
  readonly out: string;
  readonly seed: number;
  readonly env: Readonly<Record<string, string>>;
}): Campaign {
  const { begin, folder, scenario, out, seed } = deps;
  const command = begin === 'run' ? ['run', scenario, '--seed', String(seed)] : ['resume'];
  const logFile = join(folder, 'siptune.log');
  const log = openSync(logFile, 'a');
  const child: ChildProcess = spawn(process.execPath, [...CLI, ...command, '--out', out, '--quiet'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...marked(folder), ...deps.env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('siptune does not start');
  let status: number | string | undefined;
  const end = new Promise<void>((resolve) =>
    child.on('exit', (code, signal) => {
      status = code ?? signal ?? 'unknown';
      resolve();
    }),
  );
  const phases = () => phasesIn(out);
  running = {
    pid,
    logFile,
    exitStatus: () => status,
    async exited(timeoutMs) {
      await Promise.race([end, setTimeout(timeoutMs, undefined, { ref: false })]);
      return status !== undefined;
    },
    async reach(phase, share) {
      const goesOn = begin === 'resume' && phases().has(phase);
      while (!phases().has(phase)) {
        if (status !== undefined) return false;
        await setTimeout(POLL_MS);
      }
      if (begin === 'run') learnFrom(phases());
      const untilMs = performance.now() + share * (usualMs[phase] + (goesOn ? RESUME_MS : 0));
      while (performance.now() < untilMs && status === undefined) await setTimeout(POLL_MS);
      return status === undefined;
    },
    signal(name) {
      if (status === undefined) process.kill(pid, name);
    },
  };
  return running;
}

/** "siptune restore": its exit status and what it said. */
export function restore(
  out: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...CLI, 'restore', '--out', out],
      { timeout: RESTORE_TIMEOUT_MS, env: { ...process.env, ...env } },
      (_error, stdout, stderr) => resolve({ status: child.exitCode ?? -1, text: `${stdout}${stderr}` }),
    );
  });
}

/** The phase in which the campaign is by its journal. */
export function phaseOf(out: string): string {
  return [...phasesIn(out).keys()].at(-1) ?? 'start';
}

/** Whether a campaign that went on did not ask what its journal answers. */
export function partedFromJournal(out: string): boolean {
  return journalIn(out).includes('"type":"parted"');
}

/** When each phase began. */
function phasesIn(out: string): ReadonlyMap<string, number> {
  return new Map(
    journalIn(out)
      .split('\n')
      .flatMap((line) => {
        // The last line may be torn.
        const match = /^\{"at":"([^"]+)","type":"phase","phase":"(\w+)"/.exec(line);
        return match ? [[match[2] ?? '', Date.parse(match[1] ?? '')] as const] : [];
      }),
  );
}

function journalIn(out: string): string {
  const [id] = existsSync(out) ? readdirSync(out).filter((name) => name !== FILLER) : [];
  const journal = id === undefined ? '' : join(out, id, 'journal.jsonl');
  return existsSync(journal) ? readFileSync(journal, 'utf8') : '';
}

function learnFrom(began: ReadonlyMap<string, number>): void {
  for (const [index, phase] of PHASES.entries()) {
    const [start, end] = [began.get(phase), began.get(PHASES[index + 1] ?? 'report')];
    if (start !== undefined && end !== undefined) usualMs[phase] = end - start;
  }
}
