// The target: the machine with the router on it, seen as siptune needs it: where host-wide knobs are written,
// where per-namespace ones are, through which devices the router receives and sends, and which CPUs are whose.
import type { Router } from '../routers/router.ts';
import type { Host } from './host.ts';

export interface Endpoint {
  readonly host: Host;
  readonly address: string;
  readonly port: number;
}

/** A calling generator, and the one that answers its calls. */
export interface GeneratorPair {
  readonly caller: Endpoint;
  readonly callee: Endpoint;
  /** Where both run; undefined: on siptune's machine. */
  readonly machine?: GeneratorMachine;
  /** CPU list for taskset(1), from the scenario; undefined: what is left for load there. */
  readonly cpus?: string;
}

/** A machine with generators besides siptune's own, reached over SSH. */
export interface GeneratorMachine {
  /** Its initial namespace. */
  readonly host: Host;
  /** Whose it is: the target's, or that of siptune's machine (of a container, or in a test), or one of its own. */
  readonly kernel: 'target' | 'siptune' | 'own';
  /** A folder there for SIPp's files. */
  readonly workDir: string;
  /** CPU list of those that are for load. */
  readonly cpus: string;
  readonly facts: TargetFacts;
}

export interface TargetFacts {
  readonly hostname: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly clockTicksPerS: number;
  readonly pageBytes: number;
}

export interface Target {
  /** "lab" or the host's label, for reports. */
  readonly label: string;
  /** The machine's initial namespace: host-wide knobs live here. */
  readonly machine: Host;
  /** The namespace in which the router listens (the machine itself when there is none). */
  readonly routerHost: Host;
  readonly router: Router;
  /** Where calls are sent. */
  readonly routerAddress: string;
  readonly routerPort: number;
  /** Devices of the router's side; the first is the one towards the callee (egress of the INVITE). */
  readonly devices: readonly string[];
  /** The machine of the generators that are not on one of their own: the target itself, or the one on which siptune runs. */
  readonly generators: Host;
  /** Both are one kernel, so that the generators' sockets have the buffers of the configuration under test. */
  readonly sharesKernel: boolean;
  /** On `generators`: also where the phone, netperf and OPTIONS come from. */
  readonly caller: Endpoint;
  /** Of the first pair. */
  readonly callee: Endpoint;
  /** All pairs that there may be; undefined: only that of these two. */
  readonly pairs?: readonly GeneratorPair[];
  /** Where those of the pairs run that are on another machine than `generators`. */
  readonly otherMachines?: readonly GeneratorMachine[];
  /** CPU lists for taskset(1), each of its own machine. */
  readonly routerCpus: string;
  readonly loadCpus: string;
  readonly facts: TargetFacts;
}
