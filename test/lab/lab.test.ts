// The real lab: up, down, up again, and nothing left behind.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createLab } from '../../src/targets/lab/lab.ts';
import { LAB, LAB_NAMESPACES } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const machine = createLocalHost();
const lab = createLab(machine);
const inside = (netns: string) => machine.inNetns(netns);

beforeEach(() => lab.down());
afterAll(() => lab.down());

const stdout = async (argv: readonly string[], host = machine) => (await host.run(argv)).stdout;

/** What a machine has that the lab could leave behind. */
async function footprint(): Promise<string> {
  const [namespaces, links, qdiscs, routes] = await Promise.all([
    stdout(['ip', 'netns', 'list']),
    stdout(['ip', '-o', 'link', 'show']),
    stdout(['tc', 'qdisc', 'show']),
    stdout(['ip', 'route', 'show', 'table', 'all']),
  ]);
  return [namespaces, links, qdiscs, routes, await sysctls()].join('\n');
}

/** Every setting of the kernel that a campaign may touch, as it is in the machine's own namespace. */
async function sysctls(): Promise<string> {
  const all = await stdout([
    'sysctl',
    '-a',
    '--pattern',
    '^net\\.(core|ipv4\\.(tcp|udp|ip_|conf))|^kernel\\.s',
  ]);
  return all.split('\n').sort().join('\n');
}

test('up joins caller, router and callee, and down leaves the machine as it was', async () => {
  const before = await footprint();
  expect((await lab.up()).state).toBe('up');
  for (const netns of [LAB.callerNetns, LAB.calleeNetns]) {
    expect(await stdout(['ip', 'route', 'get', LAB.routerAddress], inside(netns))).toContain('dev to-router');
  }
  expect(await stdout(['ip', 'route', 'get', LAB.calleeAddress], inside(LAB.routerNetns))).toContain(
    `dev ${LAB.routerToCallee}`,
  );
  await lab.down();
  expect((await lab.status()).state).toBe('down');
  expect(await footprint()).toBe(before);
});

test('a datagram from the caller reaches the router’s address, and nothing reaches the world', async () => {
  await lab.up();
  const receiver = await inside(LAB.routerNetns).spawn(['node', '-e', RECEIVE_ONE, LAB.routerAddress]);
  let received = '';
  void receiver.exited.then((result) => {
    received = result.stdout;
  });
  // The receiver takes a while to listen: what comes before that is lost.
  while (received === '') await inside(LAB.callerNetns).run(['node', '-e', SEND_ONE, LAB.routerAddress]);
  expect(received).toBe(`hello from ${LAB.callerAddress}`);
  for (const netns of LAB_NAMESPACES) {
    expect(await stdout(['ip', 'route', 'show', 'default'], inside(netns))).toBe('');
    expect(await stdout(['ip', '-6', 'route', 'show', 'default'], inside(netns))).toBe('');
    const toTheWorld = await inside(netns).run(['ip', 'route', 'get', '192.0.2.1']);
    expect(toTheWorld.stderr).toContain('unreachable');
  }
});

const RECEIVE_ONE = `const s = require('node:dgram').createSocket('udp4');
  s.on('message', (m, from) => { process.stdout.write(m + ' from ' + from.address); s.close(); });
  s.bind(5060, process.argv[1]);`;
const SEND_ONE = `const s = require('node:dgram').createSocket('udp4');
  s.send('hello', 5060, process.argv[1], () => s.close());`;

test('up twice and down twice are fine', async () => {
  await lab.up();
  const namespace = await stdout(['stat', '-c', '%i', `/run/netns/${LAB.routerNetns}`]);
  expect((await lab.up()).state).toBe('up');
  expect(await stdout(['stat', '-c', '%i', `/run/netns/${LAB.routerNetns}`])).toBe(namespace);
  await lab.down();
  await expect(lab.down()).resolves.toBeUndefined();
});

test('receive work of router and generators is steered to different cores', async () => {
  await lab.up();
  const mask = async (netns: string, device: string) => {
    const path = `/sys/class/net/${device}/queues/rx-0/rps_cpus`;
    return BigInt(`0x${((await inside(netns).readFiles([path])).get(path) ?? '').trim().replace(/,/g, '')}`);
  };
  const router = await mask(LAB.routerNetns, LAB.routerToCaller);
  const caller = await mask(LAB.callerNetns, LAB.toRouter);
  expect(router).not.toBe(0n);
  expect(caller).not.toBe(0n);
  expect(router & caller).toBe(0n);
  expect(await mask(LAB.routerNetns, LAB.routerToCallee)).toBe(router);
  expect(await mask(LAB.calleeNetns, LAB.toRouter)).toBe(caller);
});

test('a limited egress has a queue as long as txqueuelen, and up with another rate changes it', async () => {
  const slow = createLab(machine, { egressBitsPerS: 20_000_000 });
  expect(await slow.up()).toMatchObject({ state: 'up', egressBitsPerS: 20_000_000 });
  const router = inside(LAB.routerNetns);
  const leaf = async () => {
    const shown = await stdout(['tc', 'qdisc', 'show', 'dev', LAB.routerToCallee, 'invisible'], router);
    return /^qdisc pfifo .*parent 1:10 limit (\d+)p/m.exec(shown)?.[1];
  };
  expect(await leaf()).toBe('1000');
  await router.run(['ip', 'link', 'set', 'dev', LAB.routerToCallee, 'txqueuelen', '50']);
  await createLab(machine, { egressBitsPerS: 1_234_567 }).up();
  expect(await leaf()).toBe('50');
  const status = await lab.status();
  expect(status.state === 'up' && status.egressBitsPerS).toBeCloseTo(1_234_567, -4);
  await lab.up();
  expect(await stdout(['tc', 'qdisc', 'show', 'dev', LAB.routerToCallee, 'root'], router)).not.toContain(
    'htb',
  );
});

test('down ends what runs inside, even what ignores SIGTERM', async () => {
  await lab.up();
  const deaf = await inside(LAB.calleeNetns).spawn(['sh', '-c', 'trap "" TERM; exec sleep 600']);
  const polite = await inside(LAB.routerNetns).spawn(['sleep', '600']);
  const deafName = () => machine.readFiles([`/proc/${deaf.pid}/comm`]);
  await expect.poll(async () => [...(await deafName()).values()], { timeout: 10_000 }).toEqual(['sleep\n']);
  expect(await lab.status()).toMatchObject({ processes: 2 });
  await lab.down();
  expect((await polite.exited).signal).toBe('SIGTERM');
  expect((await deaf.exited).signal).toBe('SIGKILL');
  expect((await lab.status()).state).toBe('down');
});

test('an up that was cut short is named, cleared by down, and built anew by up', async () => {
  await machine.run(['ip', 'netns', 'add', LAB.callerNetns]);
  await machine.run(['ip', 'netns', 'add', LAB.routerNetns]);
  expect(await lab.status()).toEqual({
    state: 'partial',
    present: [LAB.callerNetns, LAB.routerNetns],
    missing: [`namespace ${LAB.calleeNetns}`],
  });
  await lab.down();
  expect(await lab.status()).toEqual({ state: 'down' });

  await lab.up();
  await inside(LAB.routerNetns).run(['ip', 'link', 'del', LAB.routerToCallee]);
  expect((await lab.status()).state).toBe('partial');
  expect((await lab.up()).state).toBe('up');
});

test('what an up leaves that was killed in the middle is cleared by down', async () => {
  const before = await footprint();
  const source = `
    import { createLab } from './src/targets/lab/lab.ts';
    import { createLocalHost } from './src/targets/local-host.ts';
    await createLab(createLocalHost(), { egressBitsPerS: 1e6 }).up();`;
  // Namespaces only; one link; both links.
  for (const device of [undefined, LAB.routerToCaller, LAB.routerToCallee]) {
    const up = await machine.spawn(['node', '--import', 'tsx', '--input-type=module', '--eval', source]);
    await expect
      .poll(() => stdout(['ip', '-o', 'link', 'show'], inside(LAB.routerNetns)), {
        timeout: 20_000,
        interval: 1,
      })
      .toContain(device ?? 'lo');
    up.kill('SIGKILL');
    await up.exited;
    // The command that it had just started ends by itself.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await lab.status()).state).not.toBe('down');
    await lab.down();
    expect(await footprint()).toBe(before);
  }
});
