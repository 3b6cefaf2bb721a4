// A campaign of a night must not fill the machine that it measures: what a trial's meters said is written, and not kept.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/retained-memory.ts', import.meta.url));
const MIB = 1024 ** 2;

async function retainedAfter(trials: number) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--expose-gc', '--import', 'tsx', PROGRAM, String(trials)],
  ]);
  return JSON.parse(stdout) as { trials: number; heapBytes: number; rssBytes: number };
}

test('four times the trials do not take noticeably more memory', async () => {
  const [few, many] = [await retainedAfter(50), await retainedAfter(200)];
  expect([few.trials, many.trials]).toEqual([50, 200]);
  // The meters of 150 trials alone would be more than this.
  expect(many.heapBytes - few.heapBytes).toBeLessThan(4 * MIB);
  expect(many.rssBytes).toBeLessThan(200 * MIB);
}, 60_000);
