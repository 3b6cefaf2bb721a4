// Pairs of generators: ports that are nobody else's, beside the target's own or where a scenario has them.
import { expect, test } from 'vitest';
import { lineUp, sizeOf } from '../../src/campaign/generators.ts';
import { generatorPairs } from '../../src/targets/generator-pairs.ts';
import { PHONE_PORT } from '../../src/targets/lab/layout.ts';
import { createFakeHost } from '../support/fake-host.ts';
import { machineWith } from '../support/fake-machine.ts';

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
