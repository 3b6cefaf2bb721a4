// The lab as a machine at the other end of an SSH link that can be cut: up before the campaign, which does not own it then.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { STATE_DIR } from '../../../src/safety/state-dir.ts';
import { LAB } from '../../../src/targets/lab/layout.ts';
import { startSshServer } from '../../../test/support/ssh-server.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';

export interface FarLab {
  /** The `target:` of a scenario. */
  readonly target: string;
  readonly env: Readonly<Record<string, string>>;
  /** Nothing gets through any more, and nobody is told. */
  cut(): void;
  mend(): void;
  /** What is not as it was when the lab was opened: settings of the router's namespace, its processes, a lease. */
  changes(): readonly string[];
  close(): Promise<void>;
}

export async function openFarLab(): Promise<FarLab> {
  siptuneLab('up');
  const server = await startSshServer();
  const relay = await startTcpRelay(server.port);
  const before = settings();
  return {
    target: `
  host: ssh://root@127.0.0.1:${relay.port}
  netns: ${LAB.routerNetns}
  address: ${LAB.routerAddress}
  port: ${LAB.routerPort}
  device: ${LAB.routerToCallee}
  caller: { netns: ${LAB.callerNetns}, address: ${LAB.callerAddress} }
  callee: { netns: ${LAB.calleeNetns}, address: ${LAB.calleeAddress} }`,
    env: { SIPTUNE_SSH_CONFIG: server.configFile },
    cut: () => relay.freeze(),
    mend: () => relay.thaw(),
    changes() {
      const now = settings();
      return [
        ...before
          .filter((line) => !now.includes(line))
          .map((line) => `in the router’s namespace it was ${line}`),
        ...output('ip', 'netns', 'pids', LAB.routerNetns)
          .split('\n')
          .filter(Boolean)
          .map((pid) => `process ${pid} in the router’s namespace`),
        ...(existsSync(`${STATE_DIR}/lease`) ? ['the lease of the target'] : []),
      ];
    },
    async close() {
      relay.thaw();
      await relay.close();
      await server.stop();
      siptuneLab('down');
    },
  };
}

function settings(): readonly string[] {
  const inside = (...argv: string[]) => output('ip', 'netns', 'exec', LAB.routerNetns, ...argv).split('\n');
  return [
    ...inside('sysctl', '-a', '--pattern', '^net\\.(core|ipv4\\.(udp|tcp))'),
    ...inside('grep', '-H', '.', `/sys/class/net/${LAB.routerToCallee}/tx_queue_len`),
  ];
}

function siptuneLab(what: 'up' | 'down'): void {
  execFileSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'lab', what], { stdio: 'ignore' });
}

/** The program's complaints are of values that cannot be read, which are no settings. */
function output(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
