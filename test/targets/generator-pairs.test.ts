// Pairs of generators: ports that are nobody else's, beside the target's own or where a scenario has them.
import { expect, test } from 'vitest';
import { generatorsElsewhere, lineUp, sizeOf } from '../../src/campaign/generators.ts';
import { endsOf, generatorPairs } from '../../src/targets/generator-pairs.ts';
import { PHONE_PORT } from '../../src/targets/lab/layout.ts';
import type { GeneratorMachine } from '../../src/targets/target.ts';
import { createFakeHost } from '../support/fake-host.ts';
import { machineWith } from '../support/fake-machine.ts';

/** Four CPUs of its own, reached over SSH. */
const there = { ...createFakeHost(machineWith({})), label: 'ssh://root@load1' };
const other = (kernel: GeneratorMachine['kernel']): GeneratorMachine => ({
  ...{ host: there, kernel, workDir: '/run/siptune-load-1', cpus: '0-3' },
  facts: {
    ...{ hostname: 'load1', kernel: '6.1', cpuModel: 'x', cpus: 4, memoryMib: 1, clockTicksPerS: 100 },
    pageBytes: 4096,
  },
});
const HOST = { user: 'root', name: 'load1', port: undefined };
const PLACE = { netns: undefined, address: '10.0.0.1' };

const machine = createFakeHost(machineWith({}));
const own = {
  caller: { host: machine.inNetns('a'), address: '198.18.1.1', port: 5061 },
  callee: { host: machine.inNetns('b'), address: '198.18.2.1', port: 5070 },
};
const portsOf = (pairs: ReturnType<typeof generatorPairs>) =>
  pairs.flatMap(({ caller, callee }) => [caller.port, callee.port]);

test.each([5060, 5100, 5107, 5131])(
  'no two ports are the same, nor the phone’s or the router’s (%i)',
  (routerPort) => {
    const ports = portsOf(generatorPairs(own, undefined, { machine, routerPort }));
    expect(ports.slice(0, 2)).toEqual([5061, 5070]);
    expect(new Set([...ports, PHONE_PORT, routerPort]).size).toBe(ports.length + 2);
    // Control ports are 10,000 above.
    expect(Math.max(...ports) - Math.min(...ports)).toBeLessThan(10_000);
  },
);

test('a list gives each pair its place; the first has the ports that a single one would have', () => {
  const at = (netns: string, address: string) => ({ netns, address });
  const list = [
    { caller: at('c1', '10.0.0.1'), callee: at('c2', '10.0.1.1') },
    { caller: at('d1', '10.0.0.2'), callee: at('d2', '10.0.1.2') },
  ];
  const [one, two] = generatorPairs(own, list, { machine, routerPort: 5060 });
  expect(one).toMatchObject({
    caller: { address: '10.0.0.1', port: 5061 },
    callee: { address: '10.0.1.1', port: 5070 },
  });
  expect([one?.caller.host.netns, two?.caller.host.netns, two?.callee.host.netns]).toEqual([
    'c1',
    'd1',
    'd2',
  ]);
  expect(two?.caller.address).toBe('10.0.0.2');
});

test('the line-up: as many as the scenario says, otherwise those that the CPUs feed, of which each plan takes its own', () => {
  const pairs = generatorPairs(own, undefined, { machine, routerPort: 5060 });
  const line = (generators: number | undefined, loadCpus: string) =>
    lineUp({ generators }, { ...own, pairs, loadCpus });
  expect(
    [line(undefined, '1'), line(undefined, '8-15'), line(3, '1')].map((one) => one.pairs.length),
  ).toEqual([1, 4, 3]);
  const steady = { shape: 'steady', rateCps: 1_500, warmupMs: 0, windowMs: 1_000 } as const;
  expect(sizeOf(line(undefined, '8-15'), 1_000)(steady)).toBe(2);
  expect(sizeOf(line(undefined, '8-15'), 100)(steady)).toBe(4);
  expect(sizeOf(line(3, '1'), null)({ ...steady, rateCps: 10 })).toBe(3);
  expect(line(undefined, '8-15').pairs[1]?.cpus).toEqual({ caller: '10', callee: '11' });
});

test('a pair on another machine has its ends and its CPUs there; phone and OPTIONS stay on siptune’s machine', () => {
  const others = new Map([['ssh://root@load1', other('own')]]);
  const list = [
    { host: HOST, caller: PLACE, callee: PLACE },
    { caller: PLACE, callee: PLACE },
    { host: HOST, caller: PLACE, callee: PLACE },
    { host: HOST, cpus: '3', caller: PLACE, callee: PLACE },
  ];
  const pairs = generatorPairs(own, list, { machine, routerPort: 5060, others });
  expect(pairs[0]?.caller.host).toBe(there);
  expect(pairs[1]?.caller.host).toBe(machine);
  expect(endsOf(own, pairs)).toEqual({ caller: pairs[1]?.caller, callee: pairs[0]?.callee });
  const line = lineUp({ generators: list }, { ...own, pairs, loadCpus: '8-9' });
  expect(line.pairs.map(({ cpus }) => cpus)).toEqual([
    { caller: '0', callee: '1' },
    { caller: '8-9', callee: '8-9' },
    { caller: '2', callee: '3' },
    { caller: '3', callee: '3' },
  ]);
  expect(generatorsElsewhere(line, { otherMachines: [...others.values()] })).toEqual([
    {
      label: 'ssh://root@load1',
      pairs: [1, 3, 4],
      cpus: [0, 1, 2, 3],
      ticks: 'ticks-generators-1',
      rivals: 'rivals-generators-1',
    },
  ]);
});

test('a machine that is siptune’s own by another way shares its CPUs for load', () => {
  const others = new Map([['ssh://root@load1', { ...other('siptune'), cpus: '4-7' }]]);
  const list = [
    { caller: PLACE, callee: PLACE },
    { host: HOST, caller: PLACE, callee: PLACE },
  ];
  const pairs = generatorPairs(own, list, { machine, routerPort: 5060, others });
  const line = lineUp({ generators: list }, { ...own, pairs, loadCpus: '4-7' });
  expect(line.pairs.map(({ cpus }) => cpus.caller)).toEqual(['4', '6']);
});

test('a CPU that the other machine does not have is named', () => {
  const others = new Map([['ssh://root@load1', other('own')]]);
  const list = [{ host: HOST, cpus: '2-4', caller: PLACE, callee: PLACE }];
  expect(() => generatorPairs(own, list, { machine, routerPort: 5060, others })).toThrow(
    'there is no CPU 4 on ssh://root@load1, which has 4: correct cpus: 2-4, or leave it out',
  );
});
