// What siptune says about this machine is what this machine says about itself.
import { cpus, hostname, release, totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { readTargetFacts } from '../../src/targets/target-facts.ts';

test('facts agree with what Node.js sees', async () => {
  const facts = await readTargetFacts(createLocalHost());
  expect(facts).toMatchObject({ hostname: hostname(), kernel: release(), cpus: cpus().length });
  expect(facts.memoryMib).toBe(Math.floor(totalmem() / 2 ** 20));
  expect(facts.clockTicksPerS).toBeGreaterThan(0);
  expect(facts.pageBytes % 4096).toBe(0);
  expect(facts.cpuModel).not.toBe('');
});
