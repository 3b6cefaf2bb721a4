// The real test bed over the real lab, as a campaign has it, for tests that offer single loads.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NewEvent } from '../../src/campaign/events.ts';
import { createLiveTestBed } from '../../src/campaign/live-test-bed.ts';
import { openTarget } from '../../src/campaign/open-target.ts';
import type { TestBed } from '../../src/campaign/test-bed.ts';
import { systemClock } from '../../src/clock.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { formatProblems, loadScenario } from '../../src/scenario/load-scenario.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

export interface LabBed {
  readonly bed: TestBed;
  readonly scenario: Scenario;
  readonly clock: typeof systemClock;
  readonly emit: (event: NewEvent) => Promise<void>;
  readonly signal: AbortSignal;
  readonly events: readonly NewEvent[];
  readonly trialDir: (n: number) => string;
  /** Removes what the trials left on disk; the bed is restored by whoever used it. */
  readonly dispose: () => Promise<void>;
}

export async function openLabBed(options: {
  readonly router?: 'kamailio' | 'opensips';
  readonly overrides?: Partial<Scenario>;
  readonly onEvent?: ((event: NewEvent) => Promise<void> | void) | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<LabBed> {
  const scenario = {
    ...(await labScenario(options.router ?? 'kamailio')),
    budgetMs: 180_000,
    ...options.overrides,
  };
  const dir = await mkdtemp(join(tmpdir(), 'siptune-test-campaign-'));
  const clock = systemClock;
  const events: NewEvent[] = [];
  const emit = async (event: NewEvent): Promise<void> => {
    events.push(event);
    await options.onEvent?.(event);
  };
  const signal = options.signal ?? new AbortController().signal;
  const target = openTarget({
    ...{ scenario, campaign: 'test', machine: createLocalHost(), clock, emit },
    workDir: join(dir, 'router'),
    statePath: join(dir, 'state'),
  });
  const trialDir = (n: number) => join(dir, 'trials', String(n));
  const bed = createLiveTestBed({
    scenario,
    openTarget: target.open,
    closeTarget: target.close,
    safeguard: target.safeguard,
    statePath: join(dir, 'state'),
    trialDir,
    emit,
    clock,
    signal,
  });
  return {
    ...{ bed, scenario, clock, emit, signal, events, trialDir },
    async dispose() {
      await target.disconnect();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function labScenario(router: string): Promise<Scenario> {
  const path = fileURLToPath(new URL(`../../scenarios/lab-${router}.yaml`, import.meta.url));
  const loaded = await loadScenario(path, CATALOGUE);
  if (loaded.state === 'invalid') throw new Error(formatProblems(loaded.problems));
  return loaded.scenario;
}
