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
  /** The machine on which caller and callee run: the target itself, or the one on which siptune runs. */
  readonly generators: Host;
  /** Both are one kernel, so that the generators' sockets have the buffers of the configuration under test. */
  readonly sharesKernel: boolean;
  readonly caller: Endpoint;
  readonly callee: Endpoint;
  /** All pairs that there may be, the one above first; undefined: only that. */
  readonly pairs?: readonly GeneratorPair[];
  /** CPU lists for taskset(1), each of its own machine. */
  readonly routerCpus: string;
  readonly loadCpus: string;
  readonly facts: TargetFacts;
}
