// Kamailio (5.6 and later): settings on the command line, statistics by kamcmd over its own control socket.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { RouterDeps } from './create-router.ts';
import { parseKamailioVersion } from './kamailio-facts.ts';
import { flattenStats, parseKamcmdRecords } from './kamcmd-output.ts';
import type { Router, RouterFacts, RouterProcess, RouterSettings, StartOutcome } from './router.ts';
import { createRouterProcess } from './router-process.ts';
import { udpSocketsOn } from './udp-socket.ts';

/** Kamailio's own defaults (config.h, `kamailio -I`). */
const DEFAULTS: Required<RouterSettings> = { workers: 8, maxbufferBytes: 262_144, shmMib: 64, pkgMib: 8 };
const RPC_TIMEOUT_MS = 1_000;

export function createKamailio(deps: RouterDeps): Router {
  const { host, spec, listen, workDir } = deps;
  const binary = spec.binary ?? 'kamailio';
  const controlSocket = join(workDir, 'kamailio.ctl');
  const daemon = createRouterProcess(deps);
  let known: RouterFacts | undefined;

  const rpc = async (...command: string[]): Promise<string | null> => {
    const result = await host.run(['kamcmd', '-s', `unix:${controlSocket}`, ...command], {
      timeoutMs: RPC_TIMEOUT_MS,
    });
    return result.exitCode === 0 ? result.stdout : null;
  };

  const processes = async (): Promise<readonly RouterProcess[]> => {
    const records = parseKamcmdRecords((await rpc('core.psx')) ?? '');
    return records.map((record) => {
      const role = record.DSC ?? '';
      return { pid: Number(record.PID), role, udpWorker: role.startsWith('udp receiver') };
    });
  };

  const stop = async (): Promise<void> => {
    await daemon.stop();
    await rm(controlSocket, { force: true });
  };

  const start = async (settings: Required<RouterSettings>): Promise<StartOutcome> => {
    if (spec.config === undefined)
      throw new UserError('router.config is missing: siptune starts Kamailio with it');
    await rm(controlSocket, { force: true });
    const outcome = await daemon.start({
      argv: [
        ...[binary, '-DD', '-E', '-f', spec.config],
        ...['-l', `udp:${listen.address}:${listen.port}`],
        ...['-m', String(settings.shmMib), '-M', String(settings.pkgMib)],
        ...['-n', String(settings.workers), '-b', String(settings.maxbufferBytes)],
        // Quotes belong to the value: kamailio.cfg uses it as a string.
        ...['-A', `SIPTUNE_CTL="unix:${controlSocket}"`],
        ...['-P', join(workDir, 'kamailio.pid'), '-Y', workDir],
      ],
    });
    if (outcome.state === 'failed') return outcome;
    return { state: 'ready', readyAfterMs: outcome.readyAfterMs, processes: await processes() };
  };

  return {
    kind: 'kamailio',
    managedBy: 'siptune',

    async facts() {
      if (known) return known;
      const result = await host.run([binary, '-v']);
      if (result.notFound)
        throw new UserError(
          `${binary} is not installed: install Debian's package kamailio, or give router.binary`,
        );
      known = parseKamailioVersion(result.stdout, binary);
      return known;
    },

    async currentSettings() {
      return { ...DEFAULTS, ...spec.settings };
    },

    originals: async () => [],
    start,
    stop,

    async restart(settings) {
      await stop();
      return start(settings);
    },

    isAlive: async () => daemon.isAlive(),
    processes,

    async stats() {
      const [shm, pkg, tm] = await Promise.all([rpc('core.shmmem'), rpc('pkg.stats'), rpc('tm.stats')]);
      return flattenStats(shm, pkg, tm);
    },

    async effectiveRcvbufBytes() {
      const sockets = await udpSocketsOn(host, listen.port);
      return sockets.find(({ local }) => local === `${listen.address}:${listen.port}`)?.rcvbufBytes ?? null;
    },

    logTail: (lines) => daemon.logTail(lines),
  };
}
