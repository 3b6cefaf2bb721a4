// A real campaign in the real lab, in this process: as `siptune run` has it, with a listener that may interfere.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCampaign } from '../../src/campaign/campaign.ts';
import type { NewEvent, TrialRecord } from '../../src/campaign/events.ts';
import { createLiveTestBed } from '../../src/campaign/live-test-bed.ts';
import { openTarget } from '../../src/campaign/open-target.ts';
import { systemClock } from '../../src/clock.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { formatProblems, loadScenario } from '../../src/scenario/load-scenario.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { Result } from '../../src/store/result.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

export interface LabCampaign {
  readonly router?: 'kamailio' | 'opensips';
  readonly overrides?: Partial<Scenario>;
  readonly onEvent?: (event: NewEvent) => Promise<void> | void;
  readonly signal?: AbortSignal;
}

export async function labCampaign({ router = 'kamailio', overrides, onEvent, signal }: LabCampaign): Promise<{
  readonly result: Result;
  readonly events: readonly NewEvent[];
  readonly trials: readonly TrialRecord[];
}> {
  const scenario = { ...(await labScenario(router)), budgetMs: 180_000, ...overrides };
  const dir = await mkdtemp(join(tmpdir(), 'siptune-test-campaign-'));
  const clock = systemClock;
  const events: NewEvent[] = [];
  const emit = async (event: NewEvent): Promise<void> => {
    events.push(event);
    await onEvent?.(event);
  };
  const stop = signal ?? new AbortController().signal;
  try {
    const machine = createLocalHost();
    const target = openTarget({
      ...{ scenario, campaign: 'test', machine, clock, emit },
      workDir: join(dir, 'router'),
      statePath: join(dir, 'state'),
    });
    const trialDir = (n: number) => join(dir, 'trials', String(n));
    const bed = createLiveTestBed({
      scenario,
      openTarget: target.open,
      closeTarget: target.close,
      safeguard: target.safeguard,
      trialDir,
      emit,
      clock,
      signal: stop,
    });
    const result = await runCampaign({ id: 'test', scenario, bed, clock, emit, signal: stop });
    return {
      result,
      events,
      trials: events.flatMap((event) => (event.type === 'trial' ? [event.trial] : [])),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function labScenario(router: string): Promise<Scenario> {
  const path = fileURLToPath(new URL(`../../scenarios/lab-${router}.yaml`, import.meta.url));
  const loaded = await loadScenario(path, CATALOGUE);
  if (loaded.state === 'invalid') throw new Error(formatProblems(loaded.problems));
  return loaded.scenario;
}
