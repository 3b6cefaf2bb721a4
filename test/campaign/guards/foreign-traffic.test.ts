// How much is foreign: what the router received against what siptune sent, and who is named.
import { describe, expect, test } from 'vitest';
import { foreignRate } from '../../../src/campaign/guards/before-campaign.ts';
import { createTrafficGuard, excessOf } from '../../../src/campaign/guards/during-trial.ts';
import { type Peers, peersIn, peersText, watchPeers } from '../../../src/campaign/guards/peers.ts';
import { trafficBetween } from '../../../src/campaign/guards/router-traffic.ts';
import { UserError } from '../../../src/errors.ts';
import type { CallLoad, LoadContext } from '../../../src/load/load.ts';
import { createLocalHost } from '../../../src/targets/local-host.ts';
import type { Target } from '../../../src/targets/target.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const unknown: Peers = { state: 'unknown', reason: 'install tcpdump' };
const own = { requests: 15_000, replies: 15_000 };

test('what siptune sent is not foreign, nor are a few messages more', () => {
  for (const requests of [0, 14_000, 15_000, 15_250])
    expect(excessOf({ requests, replies: 0, datagrams: 1e6 }, own, 7)).toBeNull();
});

test('an excess above 2 % and above 5/s is foreign, with its rate', () => {
  expect(excessOf({ requests: 15_700, replies: 0, datagrams: 0 }, own, 7)).toBe('100 SIP requests/s');
  const few = { requests: 300, replies: 300 };
  expect(excessOf({ requests: 320, replies: 0, datagrams: 0 }, few, 5)).toBeNull();
  expect(excessOf({ requests: 330, replies: 0, datagrams: 0 }, few, 5)).toBe('6 SIP requests/s');
});

test('datagrams of the namespace count where the router does not answer', () => {
  const blind = { requests: null, replies: null };
  expect(excessOf({ ...blind, datagrams: 30_100 }, own, 7)).toBeNull();
  expect(excessOf({ ...blind, datagrams: 31_400 }, own, 7)).toBe('200 UDP datagrams/s');
  expect(excessOf({ ...blind, datagrams: null }, own, 7)).toBeNull();
});

test('a router that was restarted in between counts from zero', () => {
  const at = (requests: number) => ({ requests, replies: null, datagrams: null });
  expect(trafficBetween(at(900), at(40)).requests).toBe(40);
});

test('before a campaign: keep-alives are let pass, calls are not', () => {
  const seen = (requests: number) => ({ requests, replies: 0, datagrams: 5_000 });
  expect(foreignRate(seen(10), unknown, 10)).toBeNull();
  expect(foreignRate(seen(11), unknown, 10)).toBe('1.1 SIP messages/s');
  expect(foreignRate(seen(840), unknown, 10)).toBe('84 SIP messages/s');
});

test('before a campaign: without statistics the capture counts, and without both the namespace', () => {
  const blind = { requests: null, replies: null, datagrams: 400 };
  expect(foreignRate(blind, { state: 'seen', datagrams: 4, peers: [] }, 10)).toBeNull();
  expect(foreignRate(blind, { state: 'seen', datagrams: 400, peers: [] }, 10)).toBe('40 SIP messages/s');
  expect(foreignRate(blind, unknown, 10)).toBe('40 UDP datagrams/s');
  expect(foreignRate({ ...blind, datagrams: 40 }, unknown, 10)).toBeNull();
});

test('peers are named by address and port, the busiest first', () => {
  const line = (peer: string) => `17:02:03.123456 eth0  In  IP ${peer} > 198.18.0.1.5060: UDP, length 300\n`;
  const text = [line('192.0.2.7.5060'), line('192.0.2.9.5066'), line('192.0.2.9.5066'), 'torn'].join('');
  const peers = peersIn(text);
  expect(peers).toEqual([
    { peer: '192.0.2.9:5066', datagrams: 2 },
    { peer: '192.0.2.7:5060', datagrams: 1 },
  ]);
  expect(peersText({ state: 'seen', datagrams: 3, peers })).toBe(
    'from 192.0.2.9:5066 (2), 192.0.2.7:5060 (1)',
  );
  const many = Array.from({ length: 9 }, (_, n) => ({ peer: `192.0.2.${n}:5060`, datagrams: 1 }));
  expect(peersText({ state: 'seen', datagrams: 9, peers: many })).toMatch(/ and 4 more$/);
  expect(peersText(unknown)).toBe('peers unknown: install tcpdump');
});

test('without tcpdump peers are unknown, and it is said what to install', async () => {
  const host = {
    ...createLocalHost(),
    spawn: () => Promise.reject(new UserError('tcpdump is not installed')),
  };
  const watch = await watchPeers(host, '198.18.0.1', 5060);
  expect(await watch.stop()).toEqual({ state: 'unknown', reason: 'install tcpdump' });
});

describe('a router that does not count for itself', () => {
  /** Each look finds 700 datagrams more in the namespace; the offer sent 300 of them to the router. */
  async function foreignIn(callerLabel: string) {
    let datagrams = 0;
    const hostNamed = (label: string) => ({
      label,
      run: async () => ({ exitCode: 0, stdout: '', stderr: '' }),
      spawn: () => Promise.reject(new UserError('tcpdump is not installed')),
      readFiles: async () => {
        datagrams += 700;
        return new Map([['/proc/net/snmp', `Udp: InDatagrams OutDatagrams\nUdp: ${datagrams} 0\n`]]);
      },
    });
    const end = (label: string) => ({ host: hostNamed(label), address: '198.18.0.9', port: 5061 });
    const target = {
      router: { stats: async () => ({}) },
      routerHost: hostNamed('local'),
      routerAddress: '198.18.0.1',
      routerPort: 5060,
      caller: end(callerLabel),
      callee: end(callerLabel),
    } as unknown as Target;
    const clock = createFakeClock();
    const guard = createTrafficGuard(target, { phoneRateCps: 0, allowed: false }, clock);
    const offer = async () => {
      clock.advance(1_000);
      return { sentAtMost: { requests: 150, replies: 150 } };
    };
    const { load, end: ended } = await guard.begin({ offer } as unknown as CallLoad);
    const plan = { shape: 'burst', calls: 50 } as const;
    await load.offer(plan, {} as LoadContext);
    return (await ended(plan)).foreign;
  }

  test('is told of datagrams that siptune did not send', async () => {
    expect(await foreignIn('local, netns load')).toMatch(/400 UDP datagrams\/s that siptune did not send/);
  });

  test('is not blamed for what the generators receive beside it', async () => {
    expect(await foreignIn('local')).toBeNull();
  });
});
