// The lab before it is up: what its devices will be, and what a new namespace starts with.
import type { Knob } from '../../knobs/knob.ts';
import type { DeviceFacts, SeenDevices } from '../../knobs/liveness.ts';
import type { Host } from '../host.ts';
import type { Original } from '../original.ts';
import { type MissingKnob, readOriginals } from '../originals.ts';
import { LAB } from './layout.ts';

/** What the kernel gives a veth device (DEFAULT_TX_QUEUE_LEN). */
const NEW_VETH_TXQUEUELEN = '1000';

export function lookOnPaper(machine: Host, egressBitsPerS: number | undefined) {
  return {
    devices: async (): Promise<SeenDevices> => {
      const egress: DeviceFacts = {
        name: LAB.routerToCallee,
        rootQdisc: egressBitsPerS === undefined ? 'noqueue' : 'htb',
        kind: 'veth',
        rps: true,
      };
      const toCaller: DeviceFacts = {
        name: LAB.routerToCaller,
        rootQdisc: 'noqueue',
        kind: 'veth',
        rps: true,
      };
      return { egress, onPath: [egress, toCaller], leavesBy: [egress.name, toCaller.name] };
    },

    /** tcp_sk_init(): every new namespace begins with them on. */
    synCookies: async (): Promise<boolean | null> => true,

    /** The machine's own value stands for one that the new namespace will have: most are inherited. */
    async originals(knobs: readonly Knob[]) {
      const seen = await readOriginals(
        knobs.filter(({ scope }) => scope !== 'device'),
        { machine, routerHost: machine, device: undefined },
      );
      const inLab = new Set(knobs.filter(({ scope }) => scope === 'netns').map(({ name }) => name));
      const originals: Original[] = seen.originals.map((original) =>
        inLab.has(original.knob) && original.target.via === 'sysctl'
          ? { ...original, target: { ...original.target, netns: LAB.routerNetns } }
          : original,
      );
      const missing: MissingKnob[] = [...seen.missing];
      for (const { name, access } of knobs.filter(({ scope }) => scope === 'device')) {
        if (access.via !== 'txqueuelen')
          missing.push({ knob: name, reason: 'the lab’s devices do not have it' });
        else
          originals.push({
            knob: name,
            target: { via: 'txqueuelen', device: LAB.routerToCallee, netns: LAB.routerNetns },
            raw: NEW_VETH_TXQUEUELEN,
          });
      }
      // In the catalogue's order, in which a campaign writes.
      const order = new Map(knobs.map(({ name }, index) => [name, index]));
      originals.sort((a, b) => (order.get(a.knob) ?? 0) - (order.get(b.knob) ?? 0));
      return { originals, missing };
    },
  };
}
