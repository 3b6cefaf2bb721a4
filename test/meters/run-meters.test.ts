// Meters together: what one of them does wrong costs its own numbers only.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Meter } from '../../src/meters/meter.ts';
import { startAll, stopAll } from '../../src/meters/run-meters.ts';
import { createSampledMeter } from '../../src/meters/sampled-meter.ts';

const rawDir = mkdtempSync(join(tmpdir(), 'siptune-meters-'));
afterAll(() => rmSync(rawDir, { recursive: true }));
const context = { rawDir, processes: () => [] };

const counting = (name: string, read: () => Promise<number>, cheap = true): Meter =>
  createSampledMeter<number>({
    name,
    clock: systemClock,
    open: () => ({
      read,
      cheap: () => cheap,
      summarise: (looks) => ({ looks: looks.length, growth: (looks.at(-1)?.sample ?? 0) - looks[0].sample }),
    }),
  });

test('a meter that cannot start or stop leaves the others alone, and is named', async () => {
  const refuse = () => Promise.reject(new Error('no such device'));
  let value = 0;
  const meters: Meter[] = [
    { name: 'unstartable', start: refuse, stop: async () => ({ report: { x: 1 }, faults: [] }) },
    { name: 'unstoppable', start: async () => {}, stop: refuse },
    counting('sound', async () => value++),
  ];
  await startAll(meters, context);
  expect(await stopAll(meters)).toEqual({
    reports: { unstartable: {}, unstoppable: {}, sound: { looks: 2, growth: 1 } },
    faults: ['unstartable: no such device', 'unstoppable: no such device'],
  });
});

test('a window far below a second has its start and its stop, and raw samples on disk', async () => {
  let value = 0;
  const meter = counting('short', async () => (value += 5));
  await meter.start(context);
  expect((await meter.stop()).report).toEqual({ looks: 2, growth: 5 });
  const lines = readFileSync(join(rawDir, 'short.jsonl'), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).sample)).toEqual([5, 10]);
});

test('one look a second in between, unless looking is dear', async () => {
  let value = 0;
  const meters = [counting('cheap', async () => value++), counting('dear', async () => value++, false)];
  await startAll(meters, context);
  await systemClock.sleep(1500);
  const { reports } = await stopAll(meters);
  // A busy machine may wake up late.
  expect([3, 4]).toContain(reports.cheap?.looks);
  expect(reports.dear?.looks).toBe(2);
});

test('a look that never answers holds up neither start nor stop, and is told', async () => {
  const meters = [
    counting('stuck', () => new Promise(() => {})),
    counting('failing', () => Promise.reject(new Error('gone'))),
  ];
  await startAll(meters, context);
  const { reports, faults } = await stopAll(meters);
  expect(reports).toMatchObject({ stuck: {}, failing: {} });
  expect(faults[0]).toMatch(/^stuck: no answer/);
  expect(faults.slice(1)).toEqual(['failing: gone']);
});

test('samples that are missing are counted, by meter; a look that was late once is not missing', async () => {
  let ms = 0;
  const slow = createSampledMeter<number>({
    name: 'slow',
    clock: systemClock,
    open: () => ({
      // The first look takes over two seconds of three.
      read: async () => {
        await systemClock.sleep(ms);
        return 1;
      },
      summarise: (looks) => ({ looks: looks.length }),
    }),
  });
  const meters = [slow, counting('sound', async () => 1), counting('dear', async () => 1, false)];
  ms = 2300;
  await startAll(meters, context);
  ms = 0;
  await systemClock.sleep(2150);
  const { reports } = await stopAll(meters);
  expect(Object.keys(reports.sampling ?? {}).sort()).toEqual(['slowExpected', 'slowMissed']);
  expect(reports.sampling?.slowMissed).toBeGreaterThanOrEqual(1);
});
