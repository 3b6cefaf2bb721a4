// Load only where we are root: namespaces of this test's own, with no way out of them, in which addresses and routes go wrong.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { EXIT, UserError } from '../../src/errors.ts';
import { parseSnmpUdp } from '../../src/meters/snmp.ts';
import type { RunningCommand } from '../../src/targets/host.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { type LoadPath, verifyLoadPath } from '../../src/targets/verify-address.ts';
import { labCampaign } from '../support/lab-campaign.ts';

const machine = createLocalHost();
const tcpdump = !(await machine.run(['tcpdump', '--version'])).notFound;
const kamailio = (await machine.run(['kamailio', '-v'])).notFound ? 'absent' : 'here';
const CALLER_NETNS = 'siptune-test-caller';
const ROUTER_NETNS = 'siptune-test-router';
const caller = machine.inNetns(CALLER_NETNS);
const router = machine.inNetns(ROUTER_NETNS);
const ROUTER = '198.18.8.1';
const CALLER = '198.18.9.1';
const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

const path: LoadPath = {
  routerHost: router,
  routerAddress: ROUTER,
  caller: { host: caller, address: CALLER, port: 5061 },
  // Behind the router, on the router's own machine.
  callee: { host: router, address: '198.18.8.2', port: 5070 },
};

async function ip(host: typeof machine, ...args: string[]): Promise<void> {
  expect(await host.run(['ip', ...args])).toMatchObject({ exitCode: 0, stderr: '' });
}

async function down(): Promise<void> {
  for (const name of [CALLER_NETNS, ROUTER_NETNS]) await machine.run(['ip', 'netns', 'del', name]);
}

beforeEach(async () => {
  await down();
  for (const name of [CALLER_NETNS, ROUTER_NETNS]) {
    await ip(machine, 'netns', 'add', name);
    // Neighbour discovery and the like are packets, too: without IPv6 nothing is sent unless somebody asks for it.
    await machine.inNetns(name).writeFile('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
    await machine.inNetns(name).writeFile('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
    await ip(machine.inNetns(name), 'link', 'set', 'lo', 'up');
  }
  await ip(
    machine,
    ...['link', 'add', 'out0', 'netns', CALLER_NETNS, 'type', 'veth'],
    ...['peer', 'name', 'in0', 'netns', ROUTER_NETNS],
  );
  await ip(caller, 'addr', 'add', `${CALLER}/30`, 'dev', 'out0');
  await ip(router, 'addr', 'add', '198.18.9.2/30', 'dev', 'in0');
  await ip(caller, 'link', 'set', 'out0', 'up');
  await ip(router, 'link', 'set', 'in0', 'up');
  for (const address of [ROUTER, '198.18.8.2']) await ip(router, 'addr', 'add', `${address}/32`, 'dev', 'lo');
  await ip(caller, 'route', 'add', '198.18.8.0/24', 'via', '198.18.9.2');
});
afterAll(down);

async function refusal(changed: Partial<LoadPath> = {}): Promise<string> {
  const error = await verifyLoadPath({ ...path, ...changed }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).exitStatus).toBe(EXIT.unsafe);
  return (error as UserError).message;
}

test('addresses on their own hosts, joined by explicit and connected routes, are fine', async () => {
  await expect(verifyLoadPath(path)).resolves.toBeUndefined();
});

test('all three on one machine are fine, whatever its default route', async () => {
  const lo = { host: machine, address: '127.0.0.1', port: 5061 };
  const all = { routerHost: machine, routerAddress: '127.0.0.1', caller: lo, callee: lo };
  await expect(verifyLoadPath(all)).resolves.toBeUndefined();
});

test('an address that is not on the target is refused, with those that are', async () => {
  const said = await refusal({ routerAddress: '198.18.8.9' });
  expect(said).toMatch(/198\.18\.8\.9 is not an address of local, netns siptune-test-router/);
  expect(said).toContain(ROUTER);
});

test('a caller’s or callee’s address that is not there is refused by name', async () => {
  expect(await refusal({ caller: { ...path.caller, address: '198.18.9.9' } })).toContain('caller');
  expect(await refusal({ callee: { ...path.callee, address: '198.18.9.9' } })).toContain('callee');
});

test('a default route to the router is refused, and a route of its own mends it', async () => {
  await ip(caller, 'route', 'del', '198.18.8.0/24');
  expect(await refusal()).toMatch(/no route from the caller .* to the router .*unreachable/);
  await ip(caller, 'route', 'add', 'default', 'via', '198.18.9.2');
  const said = await refusal();
  expect(said).toMatch(/default route \(default via 198\.18\.9\.2 dev out0\)/);
  expect(said).toContain(`ip -n ${CALLER_NETNS} route add ${ROUTER}/32`);
  await ip(caller, 'route', 'add', `${ROUTER}/32`, 'via', '198.18.9.2');
  await expect(verifyLoadPath(path)).resolves.toBeUndefined();
});

test('half of a default route is one, too', async () => {
  await ip(caller, 'route', 'del', '198.18.8.0/24');
  await ip(caller, 'route', 'add', '128.0.0.0/1', 'via', '198.18.9.2');
  expect(await refusal()).toMatch(/default route \(128\.0\.0\.0\/1/);
});

test('a callee that the router would reach by its default route is refused', async () => {
  await ip(caller, 'addr', 'add', '198.18.10.1/32', 'dev', 'lo');
  const callee = { host: caller, address: '198.18.10.1', port: 5070 };
  await ip(router, 'route', 'add', 'default', 'via', CALLER);
  expect(await refusal({ callee })).toMatch(/from the router .* to the callee .*default route/);
  await ip(router, 'route', 'add', '198.18.10.1/32', 'via', CALLER);
  await expect(verifyLoadPath({ ...path, callee })).resolves.toBeUndefined();
});

test('an address that both sides have is refused: the load would stay at home', async () => {
  await ip(caller, 'addr', 'add', `${ROUTER}/32`, 'dev', 'lo');
  expect(await refusal()).toMatch(/198\.18\.8\.1 \(router\) is an address of .*siptune-test-caller as well/);
});

test('names and IPv6 are refused as what they are, unresolved', async () => {
  expect(await refusal({ routerAddress: 'localhost' })).toMatch(/localhost .*not an IPv4 address.*name/);
  expect(await refusal({ routerAddress: '::1' })).toMatch(/::1 .*not an IPv4 address.*IPv6/);
});

test('an address that moves away is noticed the next time', async () => {
  await verifyLoadPath(path);
  await ip(router, 'addr', 'del', `${ROUTER}/32`, 'dev', 'lo');
  await ip(caller, 'addr', 'add', `${ROUTER}/32`, 'dev', 'lo');
  expect(await refusal()).toMatch(/198\.18\.8\.1 is not an address of/);
});

test('a namespace that is gone is said', async () => {
  await machine.run(['ip', 'netns', 'del', ROUTER_NETNS]);
  expect(await refusal()).toMatch(
    /198\.18\.8\.1 is not an address of local, netns siptune-test-router \(.*namespace/,
  );
});

let folder = '';
/** Also of tests that failed half-way. */
const captures: RunningCommand[] = [];
afterEach(async () => {
  for (const capture of captures.splice(0)) {
    capture.kill('SIGKILL');
    await capture.exited;
  }
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-test-path-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Of every device and of UDP in both namespaces. */
async function sent(): Promise<readonly string[]> {
  const counters = [caller, router].map(async (host) => {
    const { stdout } = await host.run(['sh', '-c', 'cd /sys/class/net && grep . */statistics/tx_packets']);
    const snmp = (await host.readFiles(['/proc/net/snmp'])).get('/proc/net/snmp') ?? '';
    return `${host.label} ${stdout} ${snmp.split('\n').filter((line) => line.startsWith('Udp:'))}`;
  });
  return Promise.all(counters);
}

test('siptune run on an address that is not on the target exits 3 before a packet is sent', async () => {
  const scenario = join(folder, 'elsewhere.yaml');
  await writeFile(
    scenario,
    `name: elsewhere
target:
  host: local
  netns: ${ROUTER_NETNS}
  address: 198.18.8.77
  device: in0
  caller: { netns: ${CALLER_NETNS}, address: ${CALLER} }
  callee: { netns: ${ROUTER_NETNS}, address: 198.18.8.2 }
router: { kind: kamailio, config: ${fileURLToPath(new URL('../../scenarios/routers/kamailio.cfg', import.meta.url))} }
objective: { maximise: burst }
knobs: [net.core.rmem_default]
`,
  );
  const captures = await Promise.all([machine, caller, router].map((host) => startCapture(host)));
  const before = await sent();
  const out = join(folder, 'results');
  const argv = [
    process.execPath,
    '--import',
    'tsx',
    program,
    'run',
    scenario,
    '--budget',
    '3m',
    '--out',
    out,
  ];
  const run = await machine.run(argv, { timeoutMs: 60_000 });
  expect(run).toMatchObject({ exitCode: EXIT.unsafe, stdout: '' });
  expect(run.stderr).toMatch(/refusing to send load: 198\.18\.8\.77 is not an address of/);
  expect(await sent()).toEqual(before);
  expect(await Promise.all(captures.map((seen) => seen()))).toEqual(['', '', '']);
});

test.skipIf(!tcpdump)('the capture of these tests sees a packet that is sent', async () => {
  const seen = await startCapture(caller);
  const send = `require('node:dgram').createSocket('udp4').send('x', 5060, '${ROUTER}', () => process.exit())`;
  expect(await caller.run([process.execPath, '-e', send])).toMatchObject({ exitCode: 0 });
  // tcpdump is handed packets in blocks.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await seen()).toContain(ROUTER);
});

/** What a namespace sees on any device; the machine's own: nothing may leave the others. Without tcpdump: "". */
async function startCapture(host: typeof machine): Promise<() => Promise<string>> {
  const file = join(folder, `capture-${captures.length}-${host.label.replaceAll(/\W/g, '-')}.txt`);
  await writeFile(file, '');
  const capture = await host
    .spawn(['tcpdump', '-p', '-n', '-l', '-q', '-i', 'any', 'net', '198.18.0.0/15'], {
      stdoutFile: file,
      stderrFile: `${file}.err`,
    })
    .catch(() => null);
  if (capture === null) return async () => '';
  captures.push(capture);
  while (!(await readFile(`${file}.err`, 'utf8')).includes('listening'))
    await new Promise((resolve) => setTimeout(resolve, 20));
  return async () => {
    capture.kill('SIGINT');
    await capture.exited;
    return (await readFile(file, 'utf8')).trim();
  };
}

test.skipIf(kamailio === 'absent')(
  'an address that moves away in mid-campaign ends it, restored, before another packet is sent',
  async () => {
    const sysctls = ['net.core.rmem_default', 'net.core.rmem_max', 'net.core.wmem_max'];
    const read = async () => (await machine.run(['sysctl', ...sysctls])).stdout;
    const before = await read();
    const outDatagrams = async () => {
      const host = machine.inNetns(LAB.callerNetns);
      const snmp = (await host.readFiles(['/proc/net/snmp'])).get('/proc/net/snmp') ?? '';
      return parseSnmpUdp(snmp)?.outDatagrams;
    };
    let [whenItMoved, atTheEnd] = [undefined as number | undefined, undefined as number | undefined];
    const { result, events } = await labCampaign({
      onEvent: async (event) => {
        if (event.type === 'trial' && event.trial.n === 2) {
          await ip(machine.inNetns(LAB.routerNetns), 'addr', 'del', `${LAB.routerAddress}/32`, 'dev', 'lo');
          whenItMoved = await outDatagrams();
        }
        if (event.type === 'phase' && event.phase === 'restore') atTheEnd = await outDatagrams();
      },
    });
    expect(result).toMatchObject({ verdict: 'aborted', restored: true, trials: { total: 2 } });
    expect(result.reason).toMatch(/198\.18\.0\.1 is not an address of/);
    expect(whenItMoved).toBeGreaterThan(0);
    expect(atTheEnd).toBe(whenItMoved);
    expect(events.filter((event) => event.type === 'restored')).toMatchObject([{ complete: true }]);
    expect(await read()).toBe(before);
  },
);
