// Starts and ends a router that runs in the foreground, with its log in a file. Shared by the products' adapters.
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Host, RunningCommand } from '../targets/host.ts';
import { probeOptions } from './options-probe.ts';
import type { StartOutcome } from './router.ts';
import { udpSocketsOn } from './udp-socket.ts';

export interface RouterProcessDeps {
  readonly host: Host;
  readonly listen: { readonly address: string; readonly port: number };
  readonly cpus: string | undefined;
  readonly workDir: string;
  readonly clock: Clock;
}

export interface RouterCommand {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const READY_TIMEOUT_MS = 10_000;
/** From SIGTERM to SIGKILL; both products end in well under a second when idle. */
const STOP_TIMEOUT_MS = 3_000;
const LOG_LINES = 20;

export function createRouterProcess({ host, listen, cpus, workDir, clock }: RouterProcessDeps) {
  const logFile = join(workDir, 'router.log');
  let running: RunningCommand | undefined;
  let ended = true;

  const logTail = async (lines: number): Promise<readonly string[]> => {
    try {
      const text = await readFile(logFile, 'utf8');
      return text.trimEnd().split('\n').slice(-lines);
    } catch {
      return [];
    }
  };

  const stop = async (): Promise<void> => {
    const old = running;
    running = undefined;
    if (!old || ended) return;
    old.kill('SIGTERM');
    const giveUp = new AbortController();
    const inTime = await Promise.race([
      old.exited.then(() => true),
      clock.sleep(STOP_TIMEOUT_MS, giveUp.signal).then(() => false),
    ]);
    giveUp.abort();
    // The group, not only its leader: a router that dies badly leaves workers behind, which keep the port.
    old.kill('SIGKILL');
    killGroup(old.pid);
    if (!inTime) await old.exited;
  };

  const start = async (
    command: RouterCommand,
  ): Promise<Exclude<StartOutcome, { state: 'ready' }> | { state: 'up'; readyAfterMs: number }> => {
    const taken = (await udpSocketsOn(host, listen.port)).find(
      ({ local }) => local === `${listen.address}:${listen.port}` || local === `0.0.0.0:${listen.port}`,
    );
    if (taken)
      return {
        state: 'failed',
        reason: `UDP port ${listen.port} on ${host.label} is in use by ${taken.owner ?? 'another process'}: end it, or choose another port`,
        log: [],
      };
    await writeFile(logFile, '');
    const startMs = clock.nowMs();
    const started = await host.spawn(command.argv, {
      ...(cpus === undefined ? {} : { cpus }),
      ...(command.env ? { env: command.env } : {}),
      cwd: workDir,
      stdoutFile: logFile,
      stderrFile: logFile,
    });
    running = started;
    ended = false;
    const died = started.exited.then((result) => {
      ended = true;
      return `it ended with ${result.signal ?? `exit status ${result.exitCode}`}`;
    });
    const probe = probeOptions(host, listen.address, listen.port, READY_TIMEOUT_MS).then((outcome) =>
      outcome.state === 'answered' ? null : `OPTIONS to ${listen.address}:${listen.port}: ${outcome.reason}`,
    );
    const problem = await Promise.race([probe, died]);
    if (problem === null) return { state: 'up', readyAfterMs: Math.round(clock.nowMs() - startMs) };
    await stop();
    return {
      state: 'failed',
      reason: `the router did not become ready: ${problem}`,
      log: await logTail(LOG_LINES),
    };
  };

  return {
    start,
    stop,
    logTail,
    isAlive: () => running !== undefined && !ended,
    pid: () => running?.pid,
    note: (line: string) => appendFile(logFile, `${line}\n`),
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
