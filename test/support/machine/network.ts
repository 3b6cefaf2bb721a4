// The test machine's link: two namespaces of the host, joined by a veth pair. There is no way out: no default route.
import type { Host } from '../../../src/targets/host.ts';
import { must } from '../../../src/targets/lab/must.ts';
import { MACHINE } from './layout.ts';

export async function joinNetwork(host: Host): Promise<void> {
  const inside = host.inNetns(MACHINE.netns);
  const outside = host.inNetns(MACHINE.outsideNetns);
  for (const name of [MACHINE.netns, MACHINE.outsideNetns]) await must(host, ['ip', 'netns', 'add', name]);
  await must(host, [
    ...['ip', 'link', 'add', MACHINE.outsideDevice, 'netns', MACHINE.outsideNetns, 'type', 'veth'],
    ...['peer', 'name', MACHINE.device, 'netns', MACHINE.netns],
  ]);
  for (const [end, device, addresses] of [
    [inside, MACHINE.device, [MACHINE.address]],
    [outside, MACHINE.outsideDevice, [MACHINE.callerAddress, MACHINE.calleeAddress]],
  ] as const) {
    await must(end, ['ip', 'link', 'set', 'lo', 'up']);
    for (const address of addresses)
      await must(end, ['ip', 'addr', 'add', `${address}/${MACHINE.prefixLength}`, 'dev', device]);
    await must(end, ['ip', 'link', 'set', device, 'up']);
  }
}

/** Ends what still runs at the other end, and removes both namespaces; the link goes with them. */
export async function removeNetwork(host: Host): Promise<void> {
  const { stdout } = await host.run(['ip', 'netns', 'list']);
  const there = stdout.split('\n').map((line) => line.split(' ')[0]);
  for (const name of [MACHINE.outsideNetns, MACHINE.netns].filter((one) => there.includes(one))) {
    const pids = (await host.run(['ip', 'netns', 'pids', name])).stdout.split('\n').filter(Boolean);
    if (pids.length > 0) await host.run(['kill', '-s', 'KILL', ...pids]);
    await must(host, ['ip', 'netns', 'del', name]);
  }
}
