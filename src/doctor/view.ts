// What checks look at: the machine, the router's namespace on it, and facts that several of them need, each read once.
import { requireGeneratorMachines } from '../campaign/generator-machines.ts';
import { inspectTarget, type PreparedTarget } from '../campaign/prepare.ts';
import { type TargetView, viewTarget } from '../campaign/view-target.ts';
import type { Clock } from '../clock.ts';
import type { SeenDevices } from '../knobs/liveness.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { readDeviceFacts } from '../targets/device-facts.ts';
import { NO_MACHINES, type OpenedMachines } from '../targets/generator-machines.ts';
import type { Host } from '../targets/host.ts';
import { isRoot } from '../targets/is-root.ts';
import type { TargetFacts } from '../targets/target.ts';
import { readTargetFacts } from '../targets/target-facts.ts';
import { verifyLoadPath } from '../targets/verify-address.ts';
import { type Attempt, attempt } from './attempt.ts';
import { type NetDevice, readNetDevices } from './net-devices.ts';
import { listProcesses, type ProcessRow } from './process-list.ts';
import { type FoundRouter, findRouters } from './routers.ts';

export interface View {
  /** null: this machine, and whatever router is found on it. */
  readonly scenario: Scenario | null;
  readonly machine: Host;
  /** Where siptune and its generators run: the same host as `machine`, unless the target is another machine. */
  readonly here: Host;
  /** Further machines with generators. */
  readonly others: OpenedMachines;
  /** Where the results are, for campaigns that were not restored. */
  readonly resultsDir: string;
  readonly clock: Clock;
  /** Whether whoever asks is root on the machine. */
  root(): Promise<boolean>;
  facts(): Promise<Attempt<TargetFacts>>;
  /** The scenario's target, as a campaign would open it; null without a scenario. */
  target(): Promise<Attempt<TargetView> | null>;
  /** What a campaign would find before its first write; null without a scenario. */
  inspection(): Promise<Attempt<PreparedTarget> | null>;
  /** Where sockets, devices and counters are read: the router's namespace where it stands, otherwise the machine. */
  place(): Promise<Host>;
  port(): number;
  devices(): Promise<readonly NetDevice[]>;
  /** As the knobs' liveness needs them, of a lab also on paper. */
  deviceFacts(): Promise<SeenDevices>;
  routers(): Promise<readonly FoundRouter[]>;
  /** null where nobody can list them. */
  processes(): Promise<readonly ProcessRow[] | null>;
}

export interface ViewDeps {
  readonly scenario: Scenario | null;
  readonly machine: Host;
  /** The machine itself where it is not given. */
  readonly here?: Host;
  readonly others?: OpenedMachines;
  readonly resultsDir: string;
  readonly clock: Clock;
}

const SIP_PORT = 5060;
/** Only named: a router that is looked at is not started. */
const NO_WORK_DIR = '/nonexistent';

export function createView(deps: ViewDeps): View {
  const { scenario, machine, here = machine, others = NO_MACHINES, clock } = deps;
  const target = once(async () =>
    scenario === null ? null : attempt(() => viewTarget(scenario, machine, NO_WORK_DIR, clock, here, others)),
  );
  const standing = async () => {
    const opened = await target();
    return opened?.state === 'done' && opened.value.standing ? opened.value.target : null;
  };
  const place = once(async () => (await standing())?.routerHost ?? machine);
  const processes = once(() => listProcesses(machine));
  const devices = once(async () => readNetDevices(await place()));
  const port = () => (scenario?.target.kind === 'host' ? scenario.target.port : SIP_PORT);

  return {
    ...deps,
    here,
    others,
    root: once(() => isRoot(machine)),
    facts: once(() => attempt(() => readTargetFacts(machine))),
    target,
    inspection: once(async () => {
      const opened = await target();
      if (scenario === null || opened === null) return null;
      if (opened.state === 'refused') return opened;
      const { target: itself, look, standing: stands } = opened.value;
      return attempt(async () => {
        if (stands) await verifyLoadPath(itself);
        await requireGeneratorMachines(itself);
        return inspectTarget(scenario, itself, look);
      });
    }),
    place,
    port,
    devices,
    deviceFacts: once(async () => {
      const opened = await target();
      if (opened?.state === 'done') return opened.value.look.devices();
      const names = (await devices()).filter(({ up }) => up).map(({ name }) => name);
      const onPath = await readDeviceFacts(await place(), names);
      // Without a scenario nobody knows where calls would go.
      return { egress: onPath[0] ?? null, onPath, leavesBy: null };
    }),
    routers: once(async () =>
      findRouters({
        place: await place(),
        port: port(),
        spec: scenario?.router ?? null,
        processes: await processes(),
        clock,
      }),
    ),
    processes,
  };
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}
