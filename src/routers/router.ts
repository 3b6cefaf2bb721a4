// A SIP router under test: one adapter per product starts, stops, restarts, inspects and measures it.
import type { Original } from '../targets/original.ts';

/** The settings of the router itself that siptune may change; each takes effect at a restart. */
export interface RouterSettings {
  /**
   * UDP worker processes per socket (Kamailio `-n`/children, OpenSIPS udp_workers); for a load over TCP as many TCP workers
   * as well (`-N`/tcp_children, tcp_workers).
   */
  readonly workers?: number;
  /** Ceiling of the receive-buffer probe in bytes (`-b`, OpenSIPS and Kamailio maxbuffer). */
  readonly maxbufferBytes?: number;
  /** Shared memory, MiB (`-m`). */
  readonly shmMib?: number;
  /** Private memory per process, MiB (`-M`). */
  readonly pkgMib?: number;
  /** Memory manager, by its name in allocators.ts (Kamailio `-x` and `-X`, OpenSIPS `-a`). */
  readonly allocator?: string;
}

export const ROUTER_SETTING_NAMES = ['workers', 'maxbufferBytes', 'shmMib', 'pkgMib', 'allocator'] as const;
export type RouterSettingName = (typeof ROUTER_SETTING_NAMES)[number];

export type RouterKind = 'kamailio' | 'opensips';

export interface RouterFacts {
  readonly kind: RouterKind;
  readonly version: string;
  readonly binary: string;
  /** Compile-time flags as printed by `-V`/`-v`, e.g. SHM_MMAP, FAST_LOCK, F_MALLOC. */
  readonly flags: readonly string[];
  /** Shared memory comes from mmap, not from System V: kernel.shmmax and shmall do nothing. */
  readonly shmMmap: boolean;
  /** Locks are spin locks in shared memory, not System V semaphores: kernel.sem does nothing. */
  readonly fastLock: boolean;
  readonly allocators: readonly string[];
  /** Compiled with -O0: not a build to benchmark. */
  readonly unoptimised: boolean;
}

export interface RouterProcess {
  readonly pid: number;
  /** As the router itself calls it, e.g. "udp receiver child=0 sock=198.18.0.1:5060". */
  readonly role: string;
  /** Handles SIP over UDP. */
  readonly udpWorker: boolean;
}

export type StartOutcome =
  | {
      readonly state: 'ready';
      readonly readyAfterMs: number;
      readonly processes: readonly RouterProcess[];
      /** As effectiveRcvbufBytes(), where it was read on the way. */
      readonly rcvbufBytes?: number | null;
    }
  | {
      readonly state: 'failed';
      /** One sentence: what was seen. */
      readonly reason: string;
      /** The router's own last lines. */
      readonly log: readonly string[];
    };

/** A start in words of the system: what would be run, and which files would be written for it. */
export interface StartDescription {
  readonly command: readonly string[];
  /** CPU list that the command is pinned to; undefined: left to the kernel. */
  readonly cpus?: string | undefined;
  readonly files: readonly { readonly path: string; readonly what: string }[];
  /** Why the start would be refused, or null. */
  readonly refusal: string | null;
}

/** A flat snapshot of the router's own statistics, names as the router has them ("shmem:used_size"). */
export type RouterStats = Readonly<Record<string, number>>;

export interface Router {
  readonly kind: RouterKind;
  /** "siptune" starts and stops the process; "service" has the operator's command restart it. */
  readonly managedBy: 'siptune' | 'service';
  facts(): Promise<RouterFacts>;
  /** What the router would run with today: every field is filled. */
  currentSettings(): Promise<Required<RouterSettings>>;
  /** Files of the operator's that this adapter may write, as they are now; empty for a router that siptune starts. */
  originals(): Promise<readonly Original[]>;
  /** Starts with these settings, ready only once an OPTIONS was answered 200. Fails without leaving a process. */
  start(settings: Required<RouterSettings>, signal?: AbortSignal): Promise<StartOutcome>;
  /** What start() or restart() would do with these settings; does nothing. */
  describeStart(settings: Required<RouterSettings>): Promise<StartDescription>;
  /** Ends every process of the router; harmless when none runs. */
  stop(): Promise<void>;
  restart(settings: Required<RouterSettings>, signal?: AbortSignal): Promise<StartOutcome>;
  isAlive(): Promise<boolean>;
  processes(): Promise<readonly RouterProcess[]>;
  stats(): Promise<RouterStats>;
  /** The receive buffer in force on the router's UDP socket, bytes (`rb` of ss -uanm); null when it is not listening. */
  effectiveRcvbufBytes(): Promise<number | null>;
  /** The router's log since its last start, last lines. */
  logTail(lines: number): Promise<readonly string[]>;
}
