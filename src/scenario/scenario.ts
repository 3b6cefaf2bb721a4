// A scenario, as resolved: what is tuned, under which load, for which objective, within which budget.
// load-scenario.ts makes one from YAML; nothing else reads YAML.
import type { Configuration } from '../knobs/knob.ts';
import type { RouterKind, RouterSettings } from '../routers/router.ts';
import type { SamplerName } from '../search/sampler-names.ts';
import type { LandscapeName } from '../sim/landscape-names.ts';
import type { SshAddress } from '../targets/ssh/ssh-address.ts';

export interface LabTargetSpec {
  readonly kind: 'lab';
  /** Rate limit of the router's egress link towards the callee, bits/s (HTB); undefined: no queue forms. */
  readonly egressBitsPerS: number | undefined;
}

export interface HostTargetSpec {
  readonly kind: 'host';
  /** The router's machine: this one, or another over SSH. */
  readonly host: 'local' | SshAddress;
  readonly netns: string | undefined;
  /** Where the router listens. */
  readonly address: string;
  readonly port: number;
  /** The router's egress device, for txqueuelen and queue counters. */
  readonly device: string | undefined;
  /** Where the generators run and the address that each binds. */
  readonly caller: PlacedEndpoint;
  readonly callee: PlacedEndpoint;
}

/** No machine and no router: a model of one, on a virtual clock. */
export interface SimTargetSpec {
  readonly kind: 'sim';
  readonly landscape: LandscapeName;
  /** Relative standard deviation of the machine's speed from trial to trial, per cent. */
  readonly noisePct: number;
}

export interface PlacedEndpoint {
  readonly netns: string | undefined;
  readonly address: string;
}

export interface RouterSpec {
  readonly kind: RouterKind;
  /** Absolute path; undefined: found on PATH (or OPENSIPS_BIN). */
  readonly binary: string | undefined;
  /** Absolute path, on the router's machine, of the configuration file that siptune starts it with; undefined for a service. */
  readonly config: string | undefined;
  /** A router that siptune does not start. */
  readonly service:
    | {
        /** Argument list, e.g. [systemctl, restart, kamailio]. */
        readonly restartCommand: readonly string[];
        /** The file in which the service reads its -m/-M, e.g. /etc/default/kamailio. */
        readonly defaultsFile: string;
        /** How the service writes its process ID, e.g. /run/kamailio/kamailio.pid. */
        readonly pidFile: string | undefined;
      }
    | undefined;
  /** Today's settings of a router that siptune starts; the product's defaults where absent. */
  readonly settings: RouterSettings;
}

export type FlowName = 'invite' | 'options' | 'register';

/** One connection for all calls, as on a trunk, or one for each call. */
export type TcpTransport = 'tcp' | 'tcp-per-call';

/** How the calls of a steady load arrive, where they are not evenly spaced. The rate is the mean. */
export type Arrivals =
  | { readonly kind: 'poisson' }
  /** For `forMs` of every `everyMs`, calls come at `factor` times the mean rate; the others share the rest of the time. */
  | { readonly kind: 'bursts'; readonly factor: number; readonly everyMs: number; readonly forMs: number };

/** Pairs of generators: how many, or where each of them is. */
export type GeneratorsSpec = number | readonly PlacedPairSpec[];

export interface PlacedPairSpec {
  /** Both run on this machine; undefined: on that of siptune. */
  readonly host?: SshAddress;
  /** CPU list for taskset(1); undefined: what is left for load there. */
  readonly cpus?: string;
  readonly caller: PlacedEndpoint;
  readonly callee: PlacedEndpoint;
}

export interface LoadSpec {
  readonly flow: FlowName;
  /** undefined: as many as the rate needs. */
  readonly generators?: GeneratorsSpec | undefined;
  /** Bursts come on top of this rate; undefined: the router is idle before. */
  readonly baseRateCps?: number | undefined;
  /** undefined: UDP. */
  readonly transport?: TcpTransport | undefined;
  /** undefined: evenly spaced. */
  readonly arrivals?: Arrivals | undefined;
  /** Time between ACK and BYE, ms. */
  readonly holdMs: number;
  /** Complete calls per second that the sipjs-udp phone places during the window of an INVITE load over UDP; 0: none. */
  readonly uaRateCps: number;
  readonly warmupMs: number;
  readonly windowMs: number;
}

/** What a router carries at most. */
export type LimitMetric = 'capacityCps' | 'burstCalls';

/**
 * What it does with a given rate of calls, and less is better: the share of planned calls that are lost or sent again, the 99th
 * percentile of the setup delay, and the memory that router and queues may take with that rate carried.
 */
export type RateMetric = 'lossShare' | 'p99SetupMs' | 'memoryMib';

export type Metric = LimitMetric | RateMetric;

/** What a campaign is to improve. */
export type Goal =
  | { readonly maximise: LimitMetric; readonly minimise?: undefined; readonly atRateCps?: undefined }
  | { readonly minimise: RateMetric; readonly atRateCps: number; readonly maximise?: undefined };

export type Objective = Goal & Bounds;
export type LimitObjective = Extract<Goal, { maximise: LimitMetric }> & Bounds;

export interface Bounds {
  /** These must not fall below (1 - mayFall) times those of `current`. */
  readonly guards: readonly { readonly metric: LimitMetric; readonly mayFall: number }[];
  /** Share of planned calls, e.g. 0.001. */
  readonly maxLoss: number;
  readonly maxP99SetupMs: number;
  /** Further goals: the answer is then a front, of configurations that none is better than in all goals. */
  readonly also?: readonly Goal[] | undefined;
}

export interface KnobChoice {
  readonly name: string;
  /** The scenario's own search range; undefined: the catalogue's. */
  readonly min: number | undefined;
  readonly max: number | undefined;
}

export interface ContenderSpec {
  readonly name: string;
  readonly configuration: Configuration;
}

export interface SafetySpec {
  /** After this long without a word from siptune, the target puts everything back by itself. */
  readonly deadmanMs: number;
}

export interface Scenario {
  readonly name: string;
  /** Absolute path of the file that it came from. */
  readonly path: string;
  readonly target: LabTargetSpec | HostTargetSpec | SimTargetSpec;
  readonly router: RouterSpec;
  readonly load: LoadSpec;
  readonly objective: Objective;
  readonly knobs: readonly KnobChoice[];
  readonly contenders: readonly ContenderSpec[];
  /** Other traffic at the router: refused unless it is allowed. */
  readonly background?: 'allowed';
  /** Knobs that do nothing on this target are searched all the same: of the command line, not of the file. */
  readonly keepInert?: true;
  /** How candidates are proposed; scenarios of older campaigns do not say it. */
  readonly search?: { readonly sampler: SamplerName };
  readonly budgetMs: number;
  readonly seed: number;
  readonly safety: SafetySpec;
}
