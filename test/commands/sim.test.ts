// siptune sim as another program meets it: lines of JSON in, lines of JSON out.
import { expect, test } from 'vitest';
import { sim } from '../../src/commands/sim.ts';
import { EXIT, UserError } from '../../src/errors.ts';
import { captureIo } from '../support/capture-io.ts';

const USUAL = { seed: 1, noise: 0, truth: false };

async function ask(landscape: string, lines: readonly (object | string)[], options = USUAL) {
  const io = captureIo(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))));
  const status = await sim(landscape, options, io);
  const [space, ...answers] = io
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { status, space, answers };
}

test('the first line is the space: knobs, start, loads, and what counts as carried', async () => {
  const { space, status } = await ask('article', []);
  expect(status).toBe(EXIT.ok);
  expect(space).toMatchObject({
    simulated: true,
    landscape: 'article',
    objective: { maximise: 'burstCalls', maxP99SetupMs: 200 },
    loads: { rateCps: { min: 1, max: 100_000 }, burstCalls: { min: 1, max: 100_000 } },
  });
  expect(space.knobs).toContainEqual({
    ...{ name: 'router.workers', type: 'integer', min: 1, max: 16, scale: 'log', unit: 'processes' },
    changeCost: 'restart',
  });
  expect(space.knobs).toContainEqual({
    ...{ name: 'router.allocator', type: 'choice', choices: ['qm', 'fm', 'tlsf'], changeCost: 'restart' },
  });
  for (const { name } of space.knobs) expect(space.start).toHaveProperty([name]);
});

test('a line is a trial, with its verdict and what it cost', async () => {
  const { answers } = await ask('article', [
    { configuration: {}, rateCps: 1_000 },
    { configuration: { 'router.workers': 2 }, rateCps: 1_000 },
    { configuration: { 'router.workers': 2 }, burstCalls: 400 },
  ]);
  const [first, changed, burst] = answers;
  expect(first).toMatchObject({ simulated: true, trial: 1, verdict: 'carried', lossPct: 0, restarts: 0 });
  expect(changed).toMatchObject({ trial: 2, verdict: 'carried', restarts: 1 });
  expect(changed.costS - first.costS).toBeCloseTo(1.9, 1);
  expect(burst).toMatchObject({ verdict: 'overloaded', limiter: 'socket-buffer' });
  expect(burst.lossPct).toBeGreaterThan(1);
  expect(burst.elapsedS).toBeCloseTo(first.costS + changed.costS + burst.costS, 2);
});

test('the same seed gives the same answers, another one others', async () => {
  const lines = [1_300, 1_400, 1_500].map((rateCps) => ({ rateCps }));
  const noisy = { ...USUAL, noise: 10 };
  expect(await ask('article', lines, noisy)).toEqual(await ask('article', lines, noisy));
  const shares = async (seed: number) =>
    (await ask('article', lines, { ...noisy, seed })).answers.map(({ busyShare }) => busyShare);
  expect(await shares(1)).not.toEqual(await shares(2));
});

test('with --truth each answer has the truth, and the best comes first', async () => {
  const { answers } = await ask('coupled', [{ burstCalls: 100 }], { ...USUAL, truth: true });
  const [best, trial] = answers;
  expect(best.truth.optimum.burstCalls).toBeGreaterThan(1.5 * best.truth.start.burstCalls);
  expect(best.truth.optimum.configuration).toHaveProperty(['router.workers']);
  expect(trial.truth).toEqual(best.truth.start);
});

test('the truth may be asked for: of the landscape, and of a configuration', async () => {
  const { answers, status } = await ask('null', [
    { truth: true },
    { truth: true, configuration: { 'router.workers': 1 } },
  ]);
  expect(status).toBe(EXIT.ok);
  expect(answers[0].truth.start).toEqual(answers[1].truth);
});

test.each([
  ['garbage', /no JSON/],
  ['[1]', /no JSON object/],
  ['null', /no JSON object/],
  [{ rateCps: '5' }, /"rateCps": "5", which is no number/],
  [{ rateCps: -1 }, /no number from 1/],
  [{ rateCps: 10, burstCalls: 10 }, /one load/],
  [{ configuration: {} }, /no load/],
  [{ configuration: [], rateCps: 10 }, /no object/],
  [{ configuration: { 'net.ipv4.ip_forward': 1 }, rateCps: 10 }, /no knob of this landscape/],
  [{ configuration: { 'router.workers': 1.5 }, rateCps: 10 }, /no whole number/],
  [{ configuration: { 'router.workers': 1_000 }, rateCps: 10 }, /out of bounds/],
  [{ configuration: { 'router.allocator': 'x' }, rateCps: 10 }, /not one of qm, fm, tlsf/],
  [{ rate: 10 }, /may have/],
  [{ truth: 'yes' }, /neither true nor false/],
  ['{"configuration":{"__proto__":{"a":1}},"rateCps":10}', /no knob/],
] as const)(
  '%j is answered with an error and its line, and the next line all the same',
  async (line, message) => {
    const { answers, status } = await ask('article', ['', line, { rateCps: 100 }]);
    expect(answers[0]).toMatchObject({ simulated: true, line: 2, error: expect.stringMatching(message) });
    expect(answers[1]).toMatchObject({ trial: 1, verdict: 'carried' });
    expect(status).toBe(EXIT.usage);
  },
);

test('an unknown landscape is named, with those that there are', async () => {
  await expect(ask('moon', [])).rejects.toThrow(UserError);
  await expect(ask('moon', [])).rejects.toThrow(/null, article, coupled, cliff, wide/);
});
