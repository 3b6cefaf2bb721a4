// The real test bed: a target, a load, meters and a phone, joined. Nothing else in siptune knows all of them.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { CallLoad } from '../load/load.ts';
import { createNetperf } from '../load/netperf.ts';
import { createPhone, type Phone } from '../load/ua.ts';
import { busyPct } from '../meters/busy.ts';
import { createMeters } from '../meters/create-meters.ts';
import type { Safeguard } from '../safety/safeguard.ts';
import { STATE_DIR } from '../safety/state-dir.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { cpuList } from '../targets/cpu-list.ts';
import { PHONE_PORT } from '../targets/lab/layout.ts';
import type { Target } from '../targets/target.ts';
import { type Applier, createApplier } from './apply.ts';
import type { Emit, TrialRecord } from './events.ts';
import { bufferHeadroom, GENERATOR_BUFFER_BYTES } from './generator-headroom.ts';
import { everyPair, generatorsElsewhere, lineUp, openGenerators } from './generators.ts';
import { refuseForeignTraffic } from './guards/before-campaign.ts';
import { createTrafficGuard, type TrafficGuard } from './guards/during-trial.ts';
import { requireOwnTarget } from './guards/own-target.ts';
import { requireTcpListener } from './guards/tcp-listener.ts';
import { UnsafeTarget } from './guards/unsafe-target.ts';
import { prepareTarget } from './prepare.ts';
import { proveLiveness } from './prove-liveness.ts';
import { PHONE_DISAGREES, runTrial } from './run-trial.ts';
import type { ApplyOutcome, RestoreOutcome, TestBed } from './test-bed.ts';
import { count, createTally } from './trial-tally.ts';
import type { Verdict } from './verdict.ts';

export interface LiveTestBedDeps {
  readonly scenario: Scenario;
  /** Brings the target into being (the lab up) and returns it. */
  readonly openTarget: () => Promise<Target>;
  /** Undoes what openTarget did (the lab down). */
  readonly closeTarget: () => Promise<void>;
  /** Holds the target for this campaign, and restores it. */
  readonly safeguard: Safeguard;
  readonly trialDir: (n: number) => string;
  /** Where siptune keeps what it knows of this machine; another place than the usual one. */
  readonly statePath?: string;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const NETPERF_SECONDS = 2;
/** After a restart or an overload, before the next trial. */
const SETTLE_MS = 200;
/**
 * Calls that each router gets after its start, uncounted, before it meets a burst. In its first calls every worker touches
 * its memory for the first time, which made bursts up to half again as slow; a router in service is past that.
 */
const WARM_UP_CALLS = 64;

export function createLiveTestBed(deps: LiveTestBedDeps): TestBed {
  const { scenario, emit, clock, signal, safeguard } = deps;
  const cost = { restarts: 0, loadMs: 0, trials: createTally() };
  let restored = false;
  /** The router has had no calls since its start. */
  let cold = true;
  let phoneWarned = false;
  let open:
    | {
        target: Target;
        applier: Applier;
        load: CallLoad;
        phone: Phone | undefined;
        meters: ReturnType<typeof createMeters>;
        guard: TrafficGuard;
      }
    | undefined;
  const bed = () => {
    if (!open) throw new Error('the test bed is used before prepare()');
    return open;
  };
  const counted = (outcome: ApplyOutcome): ApplyOutcome => {
    if (outcome.state === 'applied' && outcome.restarted) {
      cost.restarts += 1;
      cold = true;
    }
    return outcome;
  };

  /** A router does not start without its address, and says so in words of its own. */
  const explained = async (outcome: ApplyOutcome): Promise<ApplyOutcome> => {
    if (outcome.state === 'failed') await requireOwnTarget(bed().target);
    return outcome;
  };

  /** Once: each trial keeps its own note. */
  const warnOfPhone = async ({ n, meterFaults }: TrialRecord): Promise<void> => {
    const note = meterFaults.find((fault) => fault.startsWith(PHONE_DISAGREES));
    if (note === undefined || phoneWarned) return;
    phoneWarned = true;
    await emit({
      type: 'warning',
      message: `trial ${n}: ${note}. Later trials of which this holds say so too`,
    });
  };

  const restart = async (): Promise<ApplyOutcome> => {
    const outcome = await explained(counted(await bed().applier.restart()));
    await clock.sleep(SETTLE_MS, signal);
    return outcome;
  };

  /** Of the knobs of the scenario. */
  const configurationInForce = () =>
    Object.fromEntries(
      Object.entries(bed().applier.inForce()).filter(([name]) =>
        scenario.knobs.some((choice) => choice.name === name),
      ),
    );

  const record = async (trial: TrialRecord): Promise<TrialRecord> => {
    count(cost.trials, trial.verdict);
    cost.loadMs += trial.wallMs;
    await emit({ type: 'trial', trial });
    return trial;
  };

  return {
    cost,

    async prepare() {
      await safeguard.take();
      const target = await deps.openTarget();
      if (scenario.load.transport !== undefined) await requireTcpListener(target);
      if (scenario.background !== 'allowed') await refuseForeignTraffic(target, clock, signal);
      const found = await prepareTarget(scenario, target, emit);
      await safeguard.coverOriginals(found.originals);
      const applier = createApplier({
        ...{ target, emit, signal, current: found.everything },
        constraintFacts: found.prepared.constraintFacts,
      });
      const { caller, callee, routerAddress, routerPort, loadCpus: cpus } = target;
      const load = await openGenerators({
        ...{ target, emit, signal },
        load: scenario.load,
        statePath: deps.statePath ?? STATE_DIR,
        ...(target.sharesKernel
          ? {}
          : {
              headroomOnTarget: bufferHeadroom(
                { ...target, sharesKernel: true },
                () => applier.inForce(),
                found.originals,
              ),
            }),
        sipp: {
          routerAddress,
          routerPort,
          flow: scenario.load.flow,
          transport: scenario.load.transport,
          arrivals: scenario.load.arrivals,
          seed: scenario.seed,
          holdMs: scenario.load.holdMs,
          clock,
          bufferBytes: GENERATOR_BUFFER_BYTES,
          withBufferHeadroom: bufferHeadroom(target, () => applier.inForce(), found.originals),
        },
      });
      const phone =
        // The phone speaks UDP, and so must the callee.
        scenario.load.uaRateCps > 0 &&
        scenario.load.flow === 'invite' &&
        scenario.load.transport === undefined
          ? createPhone({
              host: caller.host,
              bindAddress: caller.address,
              bindPort: PHONE_PORT,
              routerAddress,
              routerPort,
              calleeUri: `sip:phone@${callee.address}:${callee.port}`,
              rateCps: scenario.load.uaRateCps,
              holdMs: scenario.load.holdMs,
              cpus,
              clock,
            })
          : undefined;
      const meters = createMeters({
        machine: target.machine,
        routerHost: target.routerHost,
        generators: target.sharesKernel ? undefined : target.generators,
        devices: target.devices,
        router: target.router,
        routerPort,
        pairs: everyPair(lineUp(scenario.load, target)),
        otherMachines: target.otherMachines ?? [],
        tcp: scenario.load.transport !== undefined,
        facts: target.facts,
        clock,
      });
      const guard = createTrafficGuard(
        target,
        { phoneRateCps: phone ? scenario.load.uaRateCps : 0, allowed: scenario.background === 'allowed' },
        clock,
      );
      open = { target, applier, load, phone, meters, guard };
      const proven = await proveLiveness(found.prepared.inPlay, {
        applier: { apply: async (...wanted) => counted(await applier.apply(...wanted)) },
        ...{ target, buffer: found.buffer, current: found.everything, emit, signal },
        keepInert: scenario.keepInert === true,
      });
      return {
        ...found.prepared,
        inPlay: proven.inPlay,
        inert: [...found.prepared.inert, ...proven.inert],
      };
    },

    async apply(configuration, reason) {
      const outcome = await explained(counted(await bed().applier.apply(configuration, reason)));
      if (outcome.state === 'applied' && outcome.restarted) await clock.sleep(SETTLE_MS, signal);
      return outcome;
    },

    async offer(label, plan) {
      const { target, applier, load, phone, meters, guard } = bed();
      const n = cost.trials.total + 1;
      const startMs = clock.nowMs();
      // Bindings stay in the registrar's memory: each trial begins without any, as the storm after a restart does.
      const emptied: ApplyOutcome =
        scenario.load.flow === 'register' && !cold ? await restart() : { state: 'applied', restarted: false };
      if (emptied.state === 'failed') {
        const verdict: Verdict = signal.aborted ? { state: 'invalid', reason: 'interrupted' } : emptied;
        const wallMs = Math.round(clock.nowMs() - startMs);
        const order = { n, label, configuration: configurationInForce(), plan };
        return record({ ...order, verdict, meters: {}, ua: null, meterFaults: [], wallMs });
      }
      const warmUp = cold && plan.shape === 'burst';
      // Together, for each is a round trip; both only read.
      const [early] = await Promise.all([warmUp ? null : guard.begin(load), requireOwnTarget(target)]);
      const rawDir = deps.trialDir(n);
      const warmUpDir = join(rawDir, 'warm-up');
      // What a campaign that was killed left of this trial must not be read as this one's.
      await rm(rawDir, { recursive: true, force: true });
      await mkdir(warmUpDir, { recursive: true });
      await load.open(rawDir);
      if (warmUp)
        await load.offer(
          { shape: 'burst', calls: WARM_UP_CALLS },
          { rawDir: warmUpDir, signal, onWindow: () => {} },
        );
      cold = false;
      // The guard counts what the trial sends, and the warm-up is not of it.
      const watched = early ?? (await guard.begin(load));
      const measured = await runTrial(
        { n, label, configuration: configurationInForce(), plan, rawDir },
        {
          ...{ target, load: watched.load, phone, meters, clock, signal },
          routerProcesses: applier.processes(),
          otherMachines: generatorsElsewhere(lineUp(scenario.load, target), target),
          objective: scenario.objective,
        },
      );
      const { foreign, report } = await watched.end(plan);
      const trial: TrialRecord = {
        ...measured,
        meters: { ...measured.meters, traffic: report },
        ...(foreign === null ? {} : { verdict: { state: 'invalid', reason: foreign } }),
      };
      await record(trial);
      await warnOfPhone(trial);
      if (foreign !== null && !signal.aborted)
        throw new UnsafeTarget(
          `${foreign}: a router that carries other calls is not staging. End that traffic and run again`,
        );
      return trial;
    },

    async recover() {
      await bed().load.close();
      return restart();
    },

    async netperf() {
      const { target } = bed();
      await requireOwnTarget(target);
      return createNetperf({
        serverHost: target.routerHost,
        clientHost: target.caller.host,
        serverAddress: target.routerAddress,
        serverCpus: target.routerCpus,
        clientCpus: target.loadCpus,
        seconds: NETPERF_SECONDS,
      }).run(signal);
    },

    routerBusyShare(trial: TrialRecord) {
      const shares = cpuList(bed().target.routerCpus).map((cpu) => busyPct(trial.meters, cpu));
      const known = shares.filter((share) => share !== undefined);
      return known.length === 0 ? null : known.reduce((sum, share) => sum + share, 0) / known.length / 100;
    },

    async restore(): Promise<RestoreOutcome> {
      if (restored) return { complete: true, failures: [] };
      const failures: string[] = [];
      const attempt = async (what: string, step: () => Promise<void>) => {
        try {
          await step();
        } catch (error) {
          failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        }
      };
      if (open) {
        const { load, phone, target } = open;
        await attempt('ending the load', () => load.close());
        await attempt('ending the phone', async () => void (await phone?.stop()));
        if (target.router.managedBy === 'siptune')
          await attempt('stopping the router', () => target.router.stop());
      }
      const { failures: notRestored, ours } = await safeguard.restore();
      failures.push(...notRestored);
      // The lab may be another campaign's by now.
      if (ours) await attempt('closing the target', deps.closeTarget);
      restored = failures.length === 0;
      return { complete: restored, failures };
    },
  };
}
