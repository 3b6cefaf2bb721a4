// A load over TCP needs a router that listens there. One that siptune starts is told to; of a service it is asked before
// anything is written, because every trial would only say that the generators cannot connect.
import { EXIT, UserError } from '../../errors.ts';
import type { Target } from '../../targets/target.ts';

export async function requireTcpListener({
  router,
  routerHost,
  routerAddress,
  routerPort,
}: Pick<Target, 'router' | 'routerHost' | 'routerAddress' | 'routerPort'>): Promise<void> {
  if (router.managedBy === 'siptune') return;
  const sockets = await routerHost.run(['ss', '-Htln', 'sport', '=', `:${routerPort}`]);
  // Where ss is missing, the first trial tells.
  if (sockets.exitCode !== 0) return;
  const locals = sockets.stdout.split('\n').map((line) => line.trim().split(/\s+/)[3] ?? '');
  const wanted = [routerAddress, '0.0.0.0', '*', '[::]'];
  if (locals.some((local) => wanted.includes(local.slice(0, local.lastIndexOf(':')).replace(/%.*/, ''))))
    return;
  throw new UserError(
    `load.transport: nothing listens on TCP at ${routerAddress}:${routerPort} (${routerHost.label}). ` +
      'Give the router a TCP listener there, or leave load.transport out',
    EXIT.unsafe,
  );
}
