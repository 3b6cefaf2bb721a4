// The phone: a real user agent (sipjs-udp) in the middle of the load, which sees delay and failures as a caller does.
// It runs as a process of its own, because the library crashes, prints and holds the event loop (see ua-child.ts).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import { percentile } from '../stats/percentiles.ts';
import type { Host, RunningCommand } from '../targets/host.ts';
import type { PhoneCall, PhoneOrders } from './ua-orders.ts';

export interface Phone {
  start(rawDir: string): Promise<void>;
  /** Lets open calls end, then reports; harmless when it was not started. */
  stop(): Promise<PhoneReport>;
  /** Its process while it runs, for the meters. */
  pid(): number | undefined;
}

export type PhoneReport =
  | {
      readonly state: 'reported';
      readonly calls: number;
      readonly completed: number;
      readonly failed: number;
      /** All zero when no call completed. */
      readonly setupMs: {
        readonly p50: number;
        readonly p95: number;
        readonly p99: number;
        readonly max: number;
      };
      /** By status code or cause. */
      readonly failures: Readonly<Record<string, number>>;
    }
  | { readonly state: 'absent'; readonly reason: string };

export interface PhoneDeps {
  readonly host: Host;
  readonly bindAddress: string;
  readonly bindPort: number;
  readonly routerAddress: string;
  readonly routerPort: number;
  readonly calleeUri: string;
  readonly rateCps: number;
  readonly holdMs: number;
  readonly cpus: string;
  readonly clock: Clock;
}

/** sipjs-udp spends most of a millisecond on parsing each answer: above this it measures itself. */
const MAX_RATE_CPS = 20;
const STOP_TIMEOUT_MS = 5_000;
const SOURCE = import.meta.url.endsWith('.ts');
const CHILD = fileURLToPath(new URL(SOURCE ? './ua-child.ts' : './ua-child.js', import.meta.url));

export function createPhone(deps: PhoneDeps): Phone {
  const { host, clock, cpus } = deps;
  let running: { command: RunningCommand; outFile: string; errFile: string } | undefined;

  return {
    async start(rawDir) {
      const orders: PhoneOrders = {
        bindAddress: deps.bindAddress,
        bindPort: deps.bindPort,
        routerAddress: deps.routerAddress,
        routerPort: deps.routerPort,
        calleeUri: deps.calleeUri,
        rateCps: Math.min(MAX_RATE_CPS, deps.rateCps),
        holdMs: deps.holdMs,
      };
      const outFile = join(rawDir, 'phone.jsonl');
      const errFile = join(rawDir, 'phone.log');
      const node = [process.execPath, '--no-deprecation', ...(SOURCE ? ['--import', 'tsx'] : [])];
      const command = await host.spawn([...node, CHILD, JSON.stringify(orders)], {
        cpus,
        stdoutFile: outFile,
        stderrFile: errFile,
      });
      running = { command, outFile, errFile };
    },

    async stop() {
      if (!running) return { state: 'absent', reason: 'it was not started' };
      const { command, outFile, errFile } = running;
      running = undefined;
      command.kill('SIGTERM');
      const giveUp = new AbortController();
      const result = await Promise.race([
        command.exited,
        clock.sleep(STOP_TIMEOUT_MS + deps.holdMs, giveUp.signal).then(() => null),
      ]);
      giveUp.abort();
      if (result === null) {
        command.kill('SIGKILL');
        await command.exited;
      }
      const calls = await readCalls(outFile);
      if (result !== null && result.exitCode !== 0 && calls.length === 0)
        return { state: 'absent', reason: reasonIn(await readText(errFile), deps) };
      return reportOf(calls);
    },

    pid: () => running?.command.pid,
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}

async function readCalls(path: string): Promise<readonly PhoneCall[]> {
  return (await readText(path)).split('\n').flatMap((line): PhoneCall[] => {
    try {
      return line === '' ? [] : [JSON.parse(line)];
    } catch {
      // The last line of a child that was killed.
      return [];
    }
  });
}

function reportOf(calls: readonly PhoneCall[]): PhoneReport {
  const delays = Float64Array.from(
    calls.flatMap((call) => (call.state === 'completed' ? [call.setupMs] : [])),
  );
  const failures: Record<string, number> = {};
  for (const call of calls)
    if (call.state === 'failed') failures[call.reason] = (failures[call.reason] ?? 0) + 1;
  const at = (share: number) => (delays.length === 0 ? 0 : percentile(delays, share));
  return {
    state: 'reported',
    calls: calls.length,
    completed: delays.length,
    failed: calls.length - delays.length,
    setupMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    failures,
  };
}

function reasonIn(log: string, { bindAddress, bindPort }: PhoneDeps): string {
  if (log.includes('EADDRINUSE')) return `port ${bindPort} on ${bindAddress} is in use`;
  return log.trim().split('\n').at(-1) || 'its process ended at once';
}
