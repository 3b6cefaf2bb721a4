// The processes of a router that a service manager runs, found from outside.
import type { Host } from '../targets/host.ts';
import { parseCommandLine, type RouterOptions } from './command-line.ts';
import type { RouterProcess } from './router.ts';
import { type ListenAddress, udpSocketsOn } from './udp-socket.ts';

/** From the PID file; without one, who holds the socket. */
export async function findMainPid(
  host: Host,
  pidFile: string | undefined,
  listen: ListenAddress,
): Promise<number | undefined> {
  const text = pidFile === undefined ? undefined : (await host.readFiles([pidFile])).get(pidFile);
  const pid = Number(text?.trim());
  if (Number.isSafeInteger(pid) && pid > 0) {
    // A service that died may have left its file.
    const stat = `/proc/${pid}/stat`;
    return typeof (await host.readFiles([stat])).get(stat) === 'string' ? pid : undefined;
  }
  return (await udpSocketsOn(host, listen))[0]?.owner?.pid;
}

/** The main process and its children, which are all that either product has. */
export async function listProcesses(host: Host, mainPid: number): Promise<readonly RouterProcess[]> {
  const children = await host.run(['ps', '-o', 'pid=', '--ppid', String(mainPid)]);
  const pids = children.stdout
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
  return [
    { pid: mainPid, role: 'main process', udpWorker: false },
    ...pids.map((pid) => ({ pid, role: 'child process', udpWorker: false })),
  ];
}

export async function readOptions(host: Host, mainPid: number): Promise<RouterOptions> {
  const path = `/proc/${mainPid}/cmdline`;
  return parseCommandLine((await host.readFiles([path])).get(path) ?? '');
}
