// Settings that a configuration file makes itself; a router's defaults hold for the rest.
import { numberParameter } from './config-text.ts';
import { listensOn } from './listen-lines.ts';
import type { RouterKind, RouterSettings } from './router.ts';
import type { ListenAddress } from './udp-socket.ts';

/** What each product runs with when neither file nor command line says otherwise; memory as its packages start it. */
export const ROUTER_DEFAULTS: Readonly<Record<RouterKind, Required<RouterSettings>>> = {
  kamailio: { workers: 8, maxbufferBytes: 262_144, shmMib: 64, pkgMib: 8, allocator: 'qm' },
  opensips: { workers: 8, maxbufferBytes: 262_144, shmMib: 64, pkgMib: 4, allocator: 'fm' },
};

/** With `tcp`, workers are those of TCP connections, where the file tells them apart. */
export function settingsInConfig(
  text: string,
  kind: RouterKind,
  listen: ListenAddress,
  tcp = false,
): RouterSettings {
  const ofTcp = tcp ? numberParameter(text, kind === 'kamailio' ? 'tcp_children' : 'tcp_workers') : undefined;

  const found =
    kind === 'kamailio'
      ? {
          // socket_workers belongs to the listen lines that follow it; without one of ours, ours is made by -l.
          workers:
            ofTcp ??
            (listensOn(text, listen) ? numberParameter(text, 'socket_workers') : undefined) ??
            numberParameter(text, 'children'),
          maxbufferBytes: numberParameter(text, 'maxbuffer'),
          shmMib: numberParameter(text, 'shm_mem_size') ?? numberParameter(text, 'shm_mem'),
        }
      : {
          workers:
            ofTcp ??
            (listensOn(text, listen) ? workersOfSocket(text, listen) : undefined) ??
            numberParameter(text, 'udp_workers'),
          maxbufferBytes: numberParameter(text, 'maxbuffer'),
        };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function workersOfSocket(text: string, listen: ListenAddress): number | undefined {
  const own = text.split('\n').find((line) => listensOn(line, listen));
  const workers = /\buse_workers[ \t]+(\d+)/.exec(own ?? '')?.[1];
  return workers === undefined ? undefined : Number(workers);
}
