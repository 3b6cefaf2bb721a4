// Before the first write: what this target is, what it has today, which knobs can act on it, and the way back on disk.

import { EXIT, UserError } from '../errors.ts';
import { CATALOGUE, knobByName } from '../knobs/catalogue.ts';
import type { ConstraintFacts } from '../knobs/constraints.ts';
import type { Configuration, Knob, KnobInPlay } from '../knobs/knob.ts';
import { asNumber, parseKnobValue } from '../knobs/knob-value.ts';
import { inertReason, type LivenessFacts, type SeenDevices, unavailableReason } from '../knobs/liveness.ts';
import { BUFFER_KNOBS, type BufferSpan, type BufferSpans } from '../knobs/receive-buffer.ts';
import { resolveContender } from '../knobs/resolve-contender.ts';
import { allocatorsOf } from '../routers/allocators.ts';
import type { RouterFacts } from '../routers/router.ts';
import type { KnobChoice, Scenario } from '../scenario/scenario.ts';
import { readCallDevices } from '../targets/call-devices.ts';
import { readSynCookies } from '../targets/device-facts.ts';
import { readIdentity } from '../targets/identity.ts';
import { isOfGenerators, type Original } from '../targets/original.ts';
import { type MissingKnob, readOriginals } from '../targets/originals.ts';
import type { Target } from '../targets/target.ts';
import { verifyLoadPath } from '../targets/verify-address.ts';
import { configurationOf } from './apply.ts';
import type { Emit } from './events.ts';
import { generatorOriginals } from './generator-headroom.ts';
import { requireGeneratorMachines } from './generator-machines.ts';
import type { Prepared } from './test-bed.ts';

export interface PreparedTarget {
  readonly prepared: Prepared;
  readonly originals: readonly Original[];
  /** Today's value of every knob that this campaign may write, also of those that are not searched. */
  readonly everything: Configuration;
  /** In play though they do nothing here, because the operator asked for it. */
  readonly keptInert: readonly Inert[];
  readonly buffer: BufferSpans | null;
}

type Inert = Prepared['inert'][number];

/** Processes of a router besides its UDP workers: main, timers, control, TCP. A generous guess for the memory bound. */
const OTHER_ROUTER_PROCESSES = 16;
const UDP_MEM = '/proc/sys/net/ipv4/udp_mem';
const MEMINFO = '/proc/meminfo';

/** Where the kernel's values and the devices are seen: on the target itself, or on paper for a lab that is not up. */
export interface TargetLook {
  originals(
    knobs: readonly Knob[],
  ): Promise<{ readonly originals: readonly Original[]; readonly missing: readonly MissingKnob[] }>;
  devices(): Promise<SeenDevices>;
  /** Null where it is not known. */
  synCookies(): Promise<boolean | null>;
}

export function lookAt(target: Target): TargetLook {
  const places = { machine: target.machine, routerHost: target.routerHost, device: target.devices[0] };
  return {
    originals: (knobs) => readOriginals(knobs, places),
    devices: () => readCallDevices(target),
    synCookies: () => readSynCookies(target.routerHost),
  };
}

/** Reads the target and records the way back. */
export async function prepareTarget(scenario: Scenario, target: Target, emit: Emit): Promise<PreparedTarget> {
  await verifyLoadPath(target);
  await requireGeneratorMachines(target);
  const found = await inspectTarget(scenario, target);
  for (const original of found.originals) await emit({ type: 'original', ...original });
  await emit({ type: 'originals-complete', count: found.originals.length });
  for (const { knob, reason } of found.keptInert)
    await emit({
      type: 'warning',
      message: `${knob} is kept in play, though it does nothing here: ${reason}`,
    });
  return found;
}

/** Reads, and writes nothing anywhere: a dry run does the same. */
export async function inspectTarget(
  scenario: Scenario,
  target: Target,
  look: TargetLook = lookAt(target),
): Promise<PreparedTarget> {
  const router = await target.router.facts();
  requireOptimised(router);
  const settings = await target.router.currentSettings();
  const { originals, missing } = await allOriginals(target, look);
  const everything: Configuration = {
    ...Object.fromEntries(
      originals
        .filter((original) => !isOfGenerators(original))
        .flatMap(({ knob, raw }) => (knobByName(knob) ? [[knob, parseKnobValue(raw)]] : [])),
    ),
    ...configurationOf(settings),
  };
  const contenders = scenario.contenders.map(({ name, configuration }) => ({
    name,
    configuration: resolveContender(configuration, everything, target.facts.memoryMib),
  }));
  const [devices, synCookies] = [await look.devices(), await look.synCookies()];
  const { managedBy } = target.router;
  const facts = livenessFacts({
    scenario,
    devices,
    router,
    managedBy,
    everything,
    synCookies,
  });
  const { inPlay, inert, keptInert } = sortKnobs(scenario, facts, everything, missing);
  const named = new Set([
    ...inPlay.map(({ knob }) => knob.name),
    ...contenders.flatMap(({ configuration }) => Object.keys(configuration)),
    ...scenario.knobs.map(({ name }) => name),
  ]);
  // Written along with another knob, so the result must say what it was.
  for (const { name, derives } of CATALOGUE) if (derives && named.has(name)) named.add(derives);
  return {
    originals,
    everything,
    keptInert,
    buffer: facts.buffer,
    prepared: {
      current: Object.fromEntries(Object.entries(everything).filter(([name]) => named.has(name))),
      inPlay,
      inert,
      contenders: contenders.map((contender) => ({
        ...contender,
        configuration: onlyKnown(contender.configuration, everything),
      })),
      constraintFacts: await constraintFacts(target, router, everything),
      identity: await readIdentity(target, router, scenario.router.config),
      target: {
        host: target.label,
        kernel: target.facts.kernel,
        cpu: target.facts.cpuModel,
        cpus: target.facts.cpus,
        memoryMib: target.facts.memoryMib,
        router: router.kind,
        routerVersion: router.version,
        routerFlags: router.flags,
      },
    },
  };
}

/** What is measured on a build without optimisation (OpenSIPS's development branches make one) holds for no other build. */
export function requireOptimised({ kind, version, binary, unoptimised }: RouterFacts): void {
  if (!unoptimised) return;
  throw new UserError(
    `${kind} ${version} (${binary}) was compiled without optimisation (-O0), as development branches are: ` +
      'its numbers hold for no other build. Use a release, or build it with -O2',
    EXIT.unsafe,
  );
}

/** Every knob of the catalogue, not only those in play: generators and derived knobs are written as well. */
async function allOriginals(
  target: Target,
  look: TargetLook,
): Promise<{ readonly originals: readonly Original[]; readonly missing: readonly MissingKnob[] }> {
  const kernelKnobs = CATALOGUE.filter(({ access }) => access.via !== 'router');
  const { originals, missing } = await look.originals(kernelKnobs);
  const own = await target.router.originals();
  return { originals: [...originals, ...own, ...(await generatorOriginals(target))], missing };
}

/** What decides whether a knob can act here. */
export function livenessFacts(seen: {
  readonly scenario: Pick<Scenario, 'knobs'> & Partial<Pick<Scenario, 'load'>>;
  readonly router: RouterFacts;
  readonly managedBy: LivenessFacts['managedBy'];
  readonly devices: SeenDevices;
  readonly everything: Configuration;
  readonly synCookies: boolean | null;
}): LivenessFacts {
  return {
    router: seen.router,
    managedBy: seen.managedBy,
    devices: seen.devices,
    buffer: bufferSpans(seen),
    synCookies: seen.synCookies,
    ...(seen.scenario.load ? { tcp: seen.scenario.load.transport !== undefined } : {}),
  };
}

function bufferSpans({
  scenario,
  managedBy,
  everything,
}: Pick<Parameters<typeof livenessFacts>[0], 'scenario' | 'managedBy' | 'everything'>): BufferSpans | null {
  const spans = BUFFER_KNOBS.flatMap((name): (readonly [string, BufferSpan])[] => {
    const today = asNumber(everything[name]);
    const knob = knobByName(name);
    if (today === undefined || knob === undefined) return [];
    const choice = scenario.knobs.find((one) => one.name === name);
    const isFixed = choice === undefined || (knob.access.via === 'router' && managedBy === 'service');
    if (isFixed) return [[name, { today, min: today, max: today }]];
    return [[name, { today, min: choice.min ?? knob.search.min, max: choice.max ?? knob.search.max }]];
  });
  return spans.length === BUFFER_KNOBS.length ? (Object.fromEntries(spans) as BufferSpans) : null;
}

function sortKnobs(
  scenario: Scenario,
  facts: LivenessFacts,
  everything: Configuration,
  missing: readonly MissingKnob[],
): Pick<PreparedTarget, 'keptInert'> & { inPlay: KnobInPlay[]; inert: Inert[] } {
  const inPlay: KnobInPlay[] = [];
  const inert: Inert[] = [];
  const keptInert: Inert[] = [];
  for (const choice of scenario.knobs) {
    const knob: Knob | undefined = knobByName(choice.name);
    if (!knob) continue;
    const candidate = inPlayHere(knob, choice, facts.router);
    const unavailable =
      missing.find((one) => one.knob === knob.name)?.reason ??
      (everything[knob.name] === undefined
        ? 'the target does not have it'
        : unavailableReason(candidate, facts));
    const reason = unavailable ?? inertReason(candidate, facts);
    const kept = reason !== null && unavailable === null && scenario.keepInert === true;
    if (kept) keptInert.push({ knob: knob.name, reason });
    if (reason === null || kept) inPlay.push(candidate);
    else inert.push({ knob: knob.name, reason });
  }
  return { inPlay, inert, keptInert };
}

/** The scenario's range, or the catalogue's; of names, those that this build of the router has. */
export function inPlayHere(
  knob: Knob,
  choice: Pick<KnobChoice, 'min' | 'max'>,
  router: RouterFacts,
): KnobInPlay {
  if (knob.choices) {
    const choices = allocatorsOf(router);
    return { knob, min: 0, max: Math.max(0, choices.length - 1), choices };
  }
  return { knob, min: choice.min ?? knob.search.min, max: choice.max ?? knob.search.max };
}

async function constraintFacts(
  target: Target,
  router: RouterFacts,
  today: Configuration,
): Promise<ConstraintFacts> {
  const texts = await target.machine.readFiles([UDP_MEM, MEMINFO]);
  const pages = Number((texts.get(UDP_MEM) ?? '').trim().split(/\s+/)[2]);
  const availableKib = /^MemAvailable:\s*(\d+) kB/m.exec(texts.get(MEMINFO) ?? '')?.[1];
  return {
    memoryMib: target.facts.memoryMib,
    ...(availableKib === undefined ? {} : { availableMib: Math.floor(Number(availableKib) / 1024) }),
    cpus: target.facts.cpus,
    today,
    pageBytes: target.facts.pageBytes,
    udpMemBytes: Number.isFinite(pages) ? pages * target.facts.pageBytes : Number.POSITIVE_INFINITY,
    shmMmap: router.shmMmap,
    sockets: 1,
    otherProcesses: OTHER_ROUTER_PROCESSES,
  };
}

/** What this target does not have cannot be part of a contender here. */
function onlyKnown(configuration: Configuration, everything: Configuration): Configuration {
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => everything[name] !== undefined));
}
