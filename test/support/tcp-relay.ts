// A long or a broken link: forwards TCP with a delay, or stops forwarding without closing anything.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpRelay {
  readonly port: number;
  /** Each way. */
  setDelayMs(delayMs: number): void;
  /** How often the client has spoken again after it was answered, since the last call: each was a way there and back. */
  roundTrips(): number;
  /** Nothing gets through any more, and nobody is told. New connections are taken, and stay as silent. */
  freeze(): void;
  /** What was held back is delivered. */
  thaw(): void;
  /** Ends the connections that there are; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpRelay(targetPort: number): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let frozen = false;
  let roundTrips = 0;
  let clientSpoke = false;
  const onThaw: (() => void)[] = [];

  const whenThawed = (act: () => void) => {
    if (frozen) onThaw.push(act);
    else act();
  };
  const forward = (from: Socket, to: Socket) => {
    let lastMs = 0;
    // In order, also when the delay becomes shorter.
    const later = (act: () => void) => {
      lastMs = Math.max(lastMs, performance.now() + delayMs);
      if (lastMs <= performance.now()) whenThawed(act);
      else setTimeout(() => whenThawed(act), lastMs - performance.now());
    };
    from.setNoDelay(true);
    from.on('data', (chunk) => later(() => to.write(chunk)));
    from.on('end', () => later(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => sockets.delete(from));
    sockets.add(from);
  };

  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    client.on('data', () => {
      if (!clientSpoke) roundTrips += 1;
      clientSpoke = true;
    });
    target.on('data', () => {
      clientSpoke = false;
    });
    forward(client, target);
    forward(target, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    setDelayMs: (ms) => {
      delayMs = ms;
    },
    roundTrips: () => {
      const counted = roundTrips;
      roundTrips = 0;
      return counted;
    },
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
      for (const act of onThaw.splice(0)) act();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
