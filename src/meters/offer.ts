// Drops from before the warm-up to the end of the drain. The other meters watch the window only, but a counted call may lose
// its INVITE just before their first look, and its BYE after their last: such a loss would have no cause.
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { lastOf } from './counters.ts';
import type { Meter } from './meter.ts';
import { type DeviceQueue, qdiscReport, readQdiscs } from './qdisc.ts';
import { createSampledMeter } from './sampled-meter.ts';
import { dropsOf, readSockets, type SocketsPlaces, type SocketsSample } from './sockets.ts';
import { readSoftnet, type SoftnetCpu, softnetReport } from './softnet.ts';

interface OfferSample extends SocketsSample {
  readonly softnet: readonly SoftnetCpu[];
  /** [] where tc is missing, which the qdisc meter tells. */
  readonly queues: readonly DeviceQueue[];
}

export interface OfferDeps extends SocketsPlaces {
  readonly machine: Host;
  readonly routerHost: Host;
  readonly devices: readonly string[];
  readonly clock: Clock;
}

export function createOfferMeter(deps: OfferDeps): Meter {
  const everyone = [...new Set([deps.routerFiles, ...deps.generatorFiles])];
  return createSampledMeter<OfferSample>({
    name: 'offer',
    span: 'offer',
    clock: deps.clock,
    async open() {
      await Promise.all(everyone.map((files) => files.open()));
      return {
        // The window has meters enough: this one looks before and after.
        cheap: () => false,
        async read() {
          const [sockets, softnet, queues] = await Promise.all([
            readSockets(deps),
            readSoftnet(deps.machine),
            readQdiscs(deps.routerHost, deps.devices).catch(() => []),
          ]);
          return { ...sockets, softnet, queues };
        },
        summarise(looks) {
          const [first, last] = [looks[0].sample, lastOf(looks).sample];
          return {
            routerDrops: dropsOf(looks, 'router'),
            generatorDrops: dropsOf(looks, 'generator'),
            softnetDropped: softnetReport(first.softnet, last.softnet).dropped ?? 0,
            qdiscDrops: qdiscReport(first.queues, last.queues).drops ?? 0,
          };
        },
        close: async () => void (await Promise.all(everyone.map((files) => files.close()))),
      };
    },
  });
}
