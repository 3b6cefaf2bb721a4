// Which cores are whose, and the masks that tell the kernel.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cpuList } from '../../../src/targets/cpu-list.ts';
import { cpuMask, splitCpus } from '../../../src/targets/lab/split-cpus.ts';

test.each([
  [1, '0', '0'],
  [2, '0', '1'],
  [3, '0', '1-2'],
  [8, '0-3', '4-7'],
])('%i CPUs', (cpus, routerCpus, loadCpus) => {
  expect(splitCpus(cpus)).toEqual({ routerCpus, loadCpus });
});

test('router and generators share no core, and none is left over', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 512 }), (cpus) => {
      const { routerCpus, loadCpus } = splitCpus(cpus);
      expect([...cpuList(routerCpus), ...cpuList(loadCpus)]).toEqual(
        Array.from({ length: cpus }, (_, i) => i),
      );
    }),
  );
});

test.each([
  [[0], '00000001'],
  [[1], '00000002'],
  [[0, 31], '80000001'],
  [[32, 33], '00000003,00000000'],
  [[2, 64], '00000001,00000000,00000004'],
])('mask of %j', (cpus, mask) => {
  expect(cpuMask(cpus)).toBe(mask);
});
