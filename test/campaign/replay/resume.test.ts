// A campaign that was killed or interrupted anywhere goes on as if nothing had happened: same proposals, same verdict, and
// nothing in the journal twice. Over a model router, so that every line of a journal can be the last one.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CampaignEvent, NewEvent } from '../../../src/campaign/events.ts';
import { DEADLINE_REACHED } from '../../../src/campaign/interruption.ts';
import { historyOf } from '../../../src/campaign/replay/history.ts';
import { runResumable } from '../../../src/campaign/replay/run-resumable.ts';
import { UserError } from '../../../src/errors.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import type { Result } from '../../../src/store/result.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { LONG_TESTS } from '../../support/long-tests.ts';
import { createModelBed, MODEL_CURRENT, type ModelBedOptions } from '../../support/model-bed.ts';

const scenario: Scenario = {
  name: 'model',
  path: '/model.yaml',
  target: { kind: 'lab', egressBitsPerS: undefined },
  router: { kind: 'kamailio', binary: undefined, config: undefined, service: undefined, settings: {} },
  load: { flow: 'invite', holdMs: 500, uaRateCps: 2, warmupMs: 1_500, windowMs: 5_000 },
  objective: {
    maximise: 'burstCalls',
    guards: [{ metric: 'capacityCps', mayFall: 0.05 }],
    maxLoss: 0.001,
    maxP99SetupMs: 200,
  },
  knobs: [],
  contenders: [],
  budgetMs: 9 * 60_000,
  seed: 3,
  safety: { deadmanMs: 60_000 },
};

/** Noisy, with trials that the machine spoils: what it measures depends on every trial before. */
const MODEL: Partial<ModelBedOptions> = {
  noise: 0.03,
  noiseByTrial: true,
  verdictOf: (n, verdict) => (n % 11 === 0 ? { state: 'invalid', reason: 'steal' } : verdict),
};

type Journal = readonly CampaignEvent[];

/** Runs with what a journal holds, and gives the journal as it is afterwards. Each life begins at another time of day. */
async function life(
  journal: Journal,
  bedOptions: Partial<ModelBedOptions> = {},
  interrupt = new AbortController(),
  history = historyOf(journal),
) {
  const clock = createFakeClock(journal.length === 0 ? '2026-01-01T00:00:00Z' : '2026-01-02T07:30:00Z');
  const written: CampaignEvent[] = [];
  const emit = async (event: NewEvent) => {
    written.push(JSON.parse(JSON.stringify({ at: clock.date().toISOString(), ...event })));
  };
  const bed = createModelBed({ clock, emit, ...MODEL, ...bedOptions });
  const outcome = await runResumable({
    id: 'test',
    scenario,
    bed,
    clock,
    emit,
    signal: interrupt.signal,
    history,
  }).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { ...outcome, bed, written, journal: [...journal, ...written] };
}

/** What does not depend on when and how often a campaign ran. */
function essence(result: Result | undefined) {
  if (!result) return undefined;
  const { finishedAt: _when, cost, ...rest } = result;
  return { ...rest, wallS: cost.wallS, loadS: cost.loadS };
}

const SAID = ['proposed', 'rejected', 'measured', 'best', 'netperf', 'inert', 'warning', 'campaign-started'];
const said = (journal: Journal) =>
  journal.filter(({ type }) => SAID.includes(type)).map(({ at: _at, ...event }) => event);
const trialsIn = (journal: Journal) =>
  journal.flatMap((event) => (event.type === 'trial' ? [event.trial] : []));

/** Every line, and every trial, when there is time; otherwise every eleventh, which over the test falls on lines of every kind. */
const STRIDE = LONG_TESTS ? 1 : 11;

let whole: Awaited<ReturnType<typeof life>> & { result?: Result };
beforeAll(async () => {
  whole = await life([]);
  expect(whole.result?.verdict).toBe('improved');
  expect(whole.result?.trials.invalid).toBeGreaterThan(3);
});

test('killed after any line of its journal, it ends with the same result, and says nothing twice', async () => {
  const last = whole.journal.findIndex(({ type }) => type === 'campaign-finished');
  for (let lines = 1; lines <= last; lines += STRIDE) {
    const resumed = await life(whole.journal.slice(0, lines));
    const label = `killed after line ${lines}`;
    expect('error' in resumed ? resumed.error : undefined, label).toBeUndefined();
    expect(essence('result' in resumed ? resumed.result : undefined), label).toEqual(essence(whole.result));
    expect(said(resumed.journal), label).toEqual(said(whole.journal));
    // At most the trial that was running is measured again.
    expect(trialsIn(resumed.journal).length - trialsIn(whole.journal).length, label).toBeLessThanOrEqual(1);
    expect(
      resumed.journal.some(({ type }) => type === 'parted'),
      label,
    ).toBe(false);
  }
});

test('interrupted at any trial, by its operator or by the clock, it goes on from there', async () => {
  const trials = trialsIn(whole.journal).length;
  for (let at = 1; at <= trials; at += STRIDE) {
    const interrupt = new AbortController();
    const why = at % 2 === 0 ? undefined : DEADLINE_REACHED;
    const first = await life([], { onTrial: (n) => n === at && interrupt.abort(why) }, interrupt);
    expect('result' in first && first.result).toMatchObject({
      verdict: 'aborted',
      reason: why ?? 'interrupted',
      restored: true,
    });
    const second = await life(first.journal);
    expect(essence('result' in second ? second.result : undefined), `at trial ${at}`).toEqual(
      essence(whole.result),
    );
    expect(trialsIn(second.journal), `at trial ${at}`).toHaveLength(trials + 1);
    expect(second.bed.restores).toBe(1);
  }
});

test('killed again and again, every few lines, it still ends as it would have', async () => {
  let journal: Journal = [];
  let lives = 0;
  for (let finished = false; !finished; lives += 1) {
    const next = await life(journal);
    const grown = next.written.slice(0, 12);
    finished = grown.length === next.written.length;
    journal = [...journal, ...grown];
    if (finished) expect(essence('result' in next ? next.result : undefined)).toEqual(essence(whole.result));
  }
  expect(lives).toBeGreaterThan(10);
  expect(said(journal)).toEqual(said(whole.journal));
});

test('the configuration that was in force is put in force again, before the first new trial', async () => {
  const at = whole.journal.findIndex(
    (event) => event.type === 'trial' && event.trial.label === 'candidate 2',
  );
  const { bed, written } = await life(whole.journal.slice(0, at));
  const proposed = whole.journal.find((event) => event.type === 'proposed' && event.candidate === 2);
  expect(proposed).toMatchObject({ configuration: bed.applied[0] });
  expect(written.find(({ type }) => type === 'trial')).toMatchObject({ trial: { label: 'candidate 2' } });
});

test('time that it was dead is not taken from its budget, nor is it in the result', async () => {
  const half = whole.journal.slice(0, Math.floor(whole.journal.length / 2));
  const resumed = await life(half);
  const result = 'result' in resumed ? resumed.result : undefined;
  expect(result?.startedAt).toBe(whole.result?.startedAt);
  expect(Date.parse(result?.finishedAt ?? '')).toBeGreaterThan(Date.parse('2026-01-02T07:30:00Z'));
  expect(result?.cost.wallS).toBeLessThan(scenario.budgetMs / 1_000 + 25);
});

describe('another target', () => {
  const half = () => whole.journal.slice(0, Math.floor(whole.journal.length / 2));
  const target = {
    host: 'model',
    kernel: '0',
    cpu: 'none',
    cpus: 2,
    memoryMib: 16_384,
    router: 'kamailio',
    routerVersion: '0',
    routerFlags: [],
  };
  test.each([
    ['kernel', { target: { ...target, kernel: '6.18.44' } }, 'kernel is 6.18.44 now, and was 0'],
    ['router build', { target: { ...target, routerFlags: ['CC_O0'] } }, 'routerFlags is ["CC_O0"] now'],
    ['machine', { identity: { '/etc/machine-id': 'f00' } }, '/etc/machine-id is f00 now, and was absent'],
    [
      'setting of today',
      { current: { ...MODEL_CURRENT, 'net.core.rmem_max': 8_388_608 } },
      'net.core.rmem_max is 8388608 now, and was 4194304 when the campaign began. .*Put it back',
    ],
  ])('with another %s it is refused, and restored', async (_what, prepared, message) => {
    const { error, bed, written } = (await life(half(), { prepared })) as Awaited<ReturnType<typeof life>> & {
      error?: unknown;
    };
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).exitStatus).toBe(3);
    expect((error as UserError).message).toMatch(new RegExp(message.replace(/[[\]"]/g, '\\$&')));
    expect(bed.applied).toEqual([]);
    expect(bed.restores).toBe(1);
    expect(written.filter(({ type }) => type === 'restored')).toHaveLength(1);
    // It can still go on where it belongs.
    const later = await life([...half(), ...written]);
    expect(essence('result' in later ? later.result : undefined)).toEqual(essence(whole.result));
  });
});

test('a campaign that gave up tries again what made it give up', async () => {
  const gaveUp = await life([], {
    verdictOf: (n, verdict) => (n >= 20 ? { state: 'invalid', reason: 'steal' } : verdict),
  });
  expect('result' in gaveUp && gaveUp.result).toMatchObject({ verdict: 'aborted', trials: { invalid: 10 } });
  const again = await life(gaveUp.journal, { verdictOf: (_n, verdict) => verdict });
  // Which verdict it comes to with the time that is left is not the point here.
  expect('result' in again && again.result).toMatchObject({
    verdict: expect.stringMatching(/^(improved|not-proven)$/),
    trials: { invalid: 0 },
  });
});

test('where campaign and journal part ways, it says so, and goes on with what still fits', async () => {
  const other = whole.journal.map((event) =>
    event.type === 'step' && event.call === 'offer' && event.n === 30
      ? { ...event, plan: { shape: 'burst' as const, calls: 1 } }
      : event,
  );
  const { journal, written, ...rest } = await life(other.slice(0, -8));
  expect('result' in rest && rest.result.verdict).toBe('improved');
  expect(written.filter(({ type }) => type === 'parted')).toHaveLength(1);
  expect(trialsIn(written)[0]).toMatchObject({ n: 30 });
  // What was void then is void for the next life as well.
  const next = await life(journal.slice(0, -6));
  expect(next.written.some(({ type }) => type === 'parted')).toBe(false);
  expect('result' in next && 'result' in rest && essence(next.result)).toEqual(
    'result' in rest && essence(rest.result),
  );
});

test('a step that was lost is not answered with the next one’s answer: it is measured again', async () => {
  const journal = whole.journal.slice(0, -5);
  const steps = journal.flatMap((event, index) => (event.type === 'step' ? [index] : []));
  for (const line of steps.filter((_, n) => n % 7 === 3)) {
    const left = journal.filter((_, index) => index !== line);
    const history = historyOf(left, [{ line: line + 1, reason: 'not JSON', afterEvents: line }]);
    expect(history.steps).toHaveLength(steps.indexOf(line));
    const resumed = await life(left, {}, new AbortController(), history);
    expect('result' in resumed && essence(resumed.result)).toEqual(essence(whole.result));
  }
  // What a kill left of the last line takes nothing with it.
  const torn = { line: journal.length + 1, reason: 'cut off', afterEvents: journal.length };
  expect(historyOf(journal, [torn]).steps).toHaveLength(steps.length);
});

test('a damaged journal costs what follows the damage, and never more', async () => {
  const steps = whole.journal.flatMap((event, index) => (event.type === 'step' ? [index] : []));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...steps), fc.jsonValue(), fc.nat(), async (line, junk, key) => {
      const event = whole.journal[line] as unknown as Record<string, unknown>;
      const names = Object.keys(event).filter((name) => name !== 'type');
      const damaged = { ...event, [names[key % names.length] ?? 'reads']: junk } as unknown as CampaignEvent;
      const journal = whole.journal.slice(0, -5).map((one, index) => (index === line ? damaged : one));
      const resumed = await life(journal);
      if ('error' in resumed) expect(resumed.error).toBeInstanceOf(UserError);
      else expect(resumed.result).toMatchObject({ restored: true, verdict: expect.any(String) });
    }),
    { numRuns: 60 },
  );
});
