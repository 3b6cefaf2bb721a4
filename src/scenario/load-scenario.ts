// From a YAML file to a scenario, or to all of its problems at once, each with its place in the file.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Knob } from '../knobs/knob.ts';
import { type ContenderSources, loadContenders } from './contenders.ts';
import { at, crossChecks, type Maximised, type Minimised } from './cross-checks.ts';
import { type Finding, inReadingOrder, type ScenarioProblem } from './problems.ts';
import type { ContenderSpec, Goal, LimitMetric, Objective, RateMetric, Scenario } from './scenario.ts';
import { type ScenarioForm, scenarioSchema } from './schema.ts';
import { findingsOf } from './schema-parts.ts';
import { fromLandscape, isSimulated, simulationChecks, withPlaceholders } from './simulated.ts';
import { shortPath } from './wording.ts';
import { readYamlFile } from './yaml-file.ts';

export { formatProblems, type ScenarioProblem } from './problems.ts';

export type LoadedScenario =
  | {
      readonly state: 'valid';
      readonly scenario: Scenario;
      /** What stands in contenders' files and takes no part, with its place. */
      readonly warnings: readonly ScenarioProblem[];
    }
  | { readonly state: 'invalid'; readonly problems: readonly ScenarioProblem[] };

const METRIC = {
  capacity: 'capacityCps',
  burst: 'burstCalls',
} as const satisfies Record<Maximised, LimitMetric>;
const RATE_METRIC = {
  loss: 'lossShare',
  delay: 'p99SetupMs',
  memory: 'memoryMib',
} as const satisfies Record<Minimised, RateMetric>;

/**
 * Reads the scenario and its contenders: the profiles that it names, whose paths are relative to its own folder, and those
 * that are `given` besides.
 */
export async function loadScenario(
  path: string,
  catalogue: readonly Knob[],
  more: Omit<ContenderSources, 'named'> = { given: [] },
): Promise<LoadedScenario> {
  const yaml = await readYamlFile(path, 'give the path of a scenario file, e.g. scenarios/lab-kamailio.yaml');
  if (yaml.state === 'unreadable') return { state: 'invalid', problems: yaml.problems };
  const form = scenarioSchema(catalogue).safeParse(withPlaceholders(yaml.data, catalogue));
  const contenders = await loadContenders(path, { ...more, named: at(yaml.data, 'contenders') }, catalogue);
  const findings: readonly Finding[] = [
    ...(form.success ? [] : findingsOf(form.error)),
    ...(isSimulated(yaml.data) ? simulationChecks(yaml.data) : crossChecks(yaml.data)),
    ...(await missingFiles(path, yaml.data)),
    ...contenders.findings,
  ];
  const problems = [...findings.map(yaml.problemOf), ...contenders.problems];
  if (problems.length > 0 || !form.success) return { state: 'invalid', problems: inReadingOrder(problems) };
  const scenario = assemble(path, form.data, contenders.specs);
  const { target } = scenario;
  return {
    state: 'valid',
    scenario: target.kind === 'sim' ? fromLandscape(scenario, target, yaml.data) : scenario,
    warnings: contenders.warnings,
  };
}

function assemble(path: string, form: ScenarioForm, contenders: readonly ContenderSpec[]): Scenario {
  const { router, load } = form;
  const { workers, maxbuffer, shm, pkg, allocator } = router.settings ?? {};
  return {
    name: form.name,
    path: resolve(path),
    target: form.target,
    router: {
      kind: router.kind,
      binary: router.binary === undefined ? undefined : beside(path, router.binary),
      config: router.config === undefined ? undefined : beside(path, router.config),
      service: router.service,
      settings: {
        ...(workers === undefined ? {} : { workers }),
        ...(maxbuffer === undefined ? {} : { maxbufferBytes: maxbuffer }),
        ...(shm === undefined ? {} : { shmMib: shm }),
        ...(pkg === undefined ? {} : { pkgMib: pkg }),
        ...(allocator === undefined ? {} : { allocator }),
      },
    },
    load: {
      flow: load.flow,
      ...(load.transport === 'udp' ? {} : { transport: load.transport }),
      ...(load.arrivals === undefined ? {} : { arrivals: load.arrivals }),
      ...(load.generators === undefined ? {} : { generators: load.generators }),
      ...(load.base === 0 ? {} : { baseRateCps: load.base }),
      holdMs: load.hold,
      uaRateCps: load.ua,
      warmupMs: load.warmup,
      windowMs: load.window,
    },
    objective: assembleObjective(form.objective),
    knobs: form.knobs,
    contenders,
    ...(form.background === 'allowed' ? { background: 'allowed' as const } : {}),
    search: form.search,
    budgetMs: form.budget,
    seed: form.seed,
    safety: { deadmanMs: form.safety.deadman },
  };
}

function assembleObjective({ guard, loss, p99Setup, ...goal }: ScenarioForm['objective']): Objective {
  const guards = (['capacity', 'burst'] as const).flatMap((name) => {
    const mayFall = guard?.[name]?.mayFall;
    return mayFall === undefined ? [] : [{ metric: METRIC[name], mayFall }];
  });
  const [first = { maximise: METRIC.burst }, ...also] = goalsOf(goal);
  const bounds = { guards, maxLoss: loss, maxP99SetupMs: p99Setup };
  return { ...first, ...bounds, ...(also.length > 0 ? { also } : {}) };
}

/** objectiveChecks has seen that there is one, and that a rate stands with what is minimised. */
function goalsOf({
  maximise = [],
  minimise = [],
  rate = 0,
}: Pick<ScenarioForm['objective'], 'maximise' | 'minimise' | 'rate'>): readonly Goal[] {
  return [
    ...maximise.map((word): Goal => ({ maximise: METRIC[word] })),
    ...minimise.map((word): Goal => ({ minimise: RATE_METRIC[word], atRateCps: rate })),
  ];
}

async function missingFiles(scenarioPath: string, data: unknown): Promise<readonly Finding[]> {
  // Files of another machine are looked for there, once it is reached.
  if (onAnotherMachine(data)) return relativePaths(data);
  const config = at(data, 'router', 'config');
  const binary = at(data, 'router', 'binary');
  const findings: Finding[] = [];
  const complain = (key: string, file: string, advice: string) =>
    findings.push({
      path: ['router', key],
      at: 'value',
      message: `router.${key}: there is no ${key === 'binary' ? 'program' : 'file'} "${shortPath(beside(scenarioPath, file))}" that this user may ${advice}`,
    });
  if (typeof config === 'string' && !(await isFile(beside(scenarioPath, config), constants.R_OK)))
    complain('config', config, 'read; paths are relative to the scenario');
  if (typeof binary === 'string' && !(await isFile(beside(scenarioPath, binary), constants.X_OK)))
    complain('binary', binary, 'run; leave it out to use the one on PATH');
  return findings;
}

function onAnotherMachine(data: unknown): boolean {
  const host = at(data, 'target', 'host');
  return typeof host === 'string' && host.startsWith('ssh://');
}

function relativePaths(data: unknown): readonly Finding[] {
  return (['config', 'binary'] as const).flatMap((key) => {
    const path = at(data, 'router', key);
    if (typeof path !== 'string' || path.startsWith('/')) return [];
    return {
      path: ['router', key],
      at: 'value' as const,
      message: `router.${key}: "${shortPath(path)}" is relative; on another machine it must be an absolute path there`,
    };
  });
}

async function isFile(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Absolute, whatever folder siptune was started in. */
function beside(scenarioPath: string, path: string): string {
  return resolve(dirname(scenarioPath), path);
}
