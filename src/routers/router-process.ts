// Starts and ends a router that runs in the foreground, with its log in a file. Shared by the products' adapters.
import { posix } from 'node:path';
import type { CommandResult, RunningCommand } from '../targets/host.ts';
import type { RouterDeps } from './create-router.ts';
import { startProbe } from './options-probe.ts';
import type { StartOutcome } from './router.ts';
import { portHolder } from './udp-socket.ts';

export interface RouterCommand {
  readonly argv: readonly string[];
  /** A configuration's relative includes are looked up here. */
  readonly cwd: string;
}

export interface RouterDaemon {
  /** `prepare` is what must be done before (files of its), side by side with what the start itself looks at first. */
  start(
    command: RouterCommand,
    signal?: AbortSignal,
    prepare?: () => Promise<unknown>,
  ): Promise<
    Extract<StartOutcome, { state: 'failed' }> | { readonly state: 'up'; readonly readyAfterMs: number }
  >;
  /** Ends every process of the router; harmless when none runs. */
  stop(): Promise<void>;
  isAlive(): boolean;
  logTail(lines: number): Promise<readonly string[]>;
}

interface Running {
  readonly command: RunningCommand;
  alive: boolean;
  /** Says how it ended, once nothing of its process group is left. */
  readonly gone: Promise<string>;
}

const READY_TIMEOUT_MS = 10_000;
/** From SIGTERM to SIGKILL; both products end in a few hundredths of a second. */
const STOP_TIMEOUT_MS = 3_000;
const TERM_AGAIN_MS = 100;
const LOG_LINES = 20;

export function createRouterProcess(deps: RouterDeps): RouterDaemon {
  const { host, listen, cpus, workDir, probeFrom, clock } = deps;
  const { machine } = host;
  const logFile = posix.join(workDir, 'router.log');
  let running: Running | undefined;

  const logTail = async (lines: number): Promise<readonly string[]> => {
    const { stdout } = await machine.run(['tail', '-n', String(lines), '--', logFile]);
    const text = stdout.trimEnd();
    return text === '' ? [] : text.split('\n');
  };

  const launch = async ({ argv, cwd }: RouterCommand): Promise<Running> => {
    const command = await host.spawn(argv, {
      ...(cpus === undefined ? {} : { cpus }),
      cwd,
      stdoutFile: logFile,
      stderrFile: logFile,
      // Workers that outlive their main process would keep the port.
      sweepGroup: true,
    });
    const launched: Running = {
      command,
      alive: true,
      gone: command.exited.then(async (result) => {
        launched.alive = false;
        await command.swept;
        return howItEnded(result);
      }),
    };
    running = launched;
    return launched;
  };

  const stop = async (): Promise<void> => {
    if (!running) return;
    const { command, gone } = running;
    running = undefined;
    const ended = new AbortController();
    void gone.then(() => ended.abort());
    const untilMs = clock.nowMs() + STOP_TIMEOUT_MS;
    // Once is not enough: OpenSIPS misses a signal that comes just before it begins to wait for one.
    while (!ended.signal.aborted && clock.nowMs() < untilMs) {
      command.kill('SIGTERM');
      await clock.sleep(TERM_AGAIN_MS, ended.signal);
    }
    command.kill('SIGKILL');
    await gone;
  };

  /** Null once an OPTIONS was answered 200, otherwise what happened instead. */
  const waitUntilReady = async (
    { gone }: Running,
    signal: AbortSignal | undefined,
  ): Promise<string | null> => {
    const probe = await startProbe(
      probeFrom?.host ?? host,
      ...([listen.address, listen.port, READY_TIMEOUT_MS, probeFrom?.address] as const),
    );
    const answered = probe.outcome.then((outcome) =>
      outcome.state === 'answered'
        ? null
        : `OPTIONS sip:${listen.address}:${listen.port} was not answered with 200 (${outcome.reason})`,
    );
    let interrupt = () => {};
    const interrupted = new Promise<string>((resolve) => {
      interrupt = () => resolve('its start was interrupted');
    });
    if (signal?.aborted) interrupt();
    signal?.addEventListener('abort', interrupt);
    const problem = await Promise.race([answered, gone, interrupted]);
    signal?.removeEventListener('abort', interrupt);
    probe.stop();
    return problem;
  };

  return {
    async start(command, signal, prepare) {
      const [holder] = await Promise.all([
        portHolder(host, listen),
        machine.writeFile(logFile, ''),
        prepare?.(),
      ]);
      if (holder !== null)
        return {
          state: 'failed',
          reason: `UDP port ${listen.port} of ${listen.address} (${host.label}) is in use by ${holder}: end it, or choose another port`,
          log: [],
        };
      const startMs = clock.nowMs();
      const problem = await waitUntilReady(await launch(command), signal);
      if (problem === null) return { state: 'up', readyAfterMs: Math.round(clock.nowMs() - startMs) };
      await stop();
      const log = await logTail(LOG_LINES);
      return { state: 'failed', reason: `the router did not become ready: ${problem}`, log };
    },
    stop,
    isAlive: () => running?.alive ?? false,
    logTail,
  };
}

function howItEnded({ signal, exitCode, stderr }: CommandResult): string {
  if (signal !== undefined) return `it ended with ${signal}`;
  return exitCode === undefined ? stderr.trim() : `it ended with exit status ${exitCode}`;
}
