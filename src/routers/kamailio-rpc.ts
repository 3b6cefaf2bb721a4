// Kamailio asked through kamcmd(8) over its control socket.
import type { Host } from '../targets/host.ts';
import { flattenStats, parseKamcmdRecords } from './kamcmd-output.ts';
import type { RouterProcess, RouterStats } from './router.ts';

export interface KamailioRpc {
  /** [] when Kamailio does not answer. */
  processes(): Promise<readonly RouterProcess[]>;
  /** {} when Kamailio does not answer. */
  stats(): Promise<RouterStats>;
}

const TIMEOUT_MS = 700;

/** Without a socket, kamcmd's own default. A path needs no network namespace, and to enter one for each look is dear. */
export function createKamailioRpc(host: Host, controlSocket: string | undefined): KamailioRpc {
  const where = controlSocket === undefined ? [] : ['-s', `unix:${controlSocket}`];
  const call = async (...command: string[]): Promise<string> => {
    const result = await host.machine.run(['kamcmd', ...where, ...command], { timeoutMs: TIMEOUT_MS });
    return result.exitCode === 0 ? result.stdout : '';
  };
  return {
    async processes() {
      return parseKamcmdRecords(await call('core.psx')).map(({ PID, DSC = '' }) => ({
        pid: Number(PID),
        role: DSC,
        udpWorker: DSC.startsWith('udp receiver'),
      }));
    },
    async stats() {
      const answers = [call('stats.get_statistics', 'all'), call('pkg.stats'), call('tm.stats')] as const;
      return flattenStats(...(await Promise.all(answers)));
    },
  };
}
