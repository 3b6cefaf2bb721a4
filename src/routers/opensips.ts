// OpenSIPS (3.4, 3.6): memory and buffer on the command line, workers in a derived configuration, statistics over MI.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { RouterDeps } from './create-router.ts';
import { deriveConfig, globalParameter, listensOn } from './derived-config.ts';
import { callMi } from './mi-fifo.ts';
import { parseOpensipsVersion } from './opensips-facts.ts';
import type {
  Router,
  RouterFacts,
  RouterProcess,
  RouterSettings,
  RouterStats,
  StartOutcome,
} from './router.ts';
import { createRouterProcess } from './router-process.ts';
import { udpSocketsOn } from './udp-socket.ts';

/** OpenSIPS's own defaults (config.h; private memory as Debian's file sets it). */
const DEFAULTS: Required<RouterSettings> = { workers: 8, maxbufferBytes: 262_144, shmMib: 64, pkgMib: 4 };
const STATISTICS = ['shmem:', 'pkmem:', 'load:', 'net:', 'core:', 'tm:'] as const;

export function createOpensips(deps: RouterDeps): Router {
  const { host, spec, listen, workDir } = deps;
  const binary = spec.binary ?? process.env.OPENSIPS_BIN ?? 'opensips';
  const fifo = join(workDir, 'opensips.fifo');
  const daemon = createRouterProcess(deps);
  let known: RouterFacts | undefined;

  const readConfig = async (): Promise<string> => {
    if (spec.config === undefined)
      throw new UserError('router.config is missing: siptune starts OpenSIPS with it');
    try {
      return await readFile(spec.config, 'utf8');
    } catch (error) {
      throw new UserError(`router.config ${spec.config} cannot be read: ${(error as Error).message}`);
    }
  };

  const processes = async (): Promise<readonly RouterProcess[]> => {
    const result = (await callMi(host, fifo, workDir, 'ps')) as {
      Processes?: { PID: number; Type: string }[];
    } | null;
    return (result?.Processes ?? []).map(({ PID, Type }) => ({
      pid: PID,
      role: Type,
      udpWorker: Type.startsWith('SIP receiver udp'),
    }));
  };

  const stop = async (): Promise<void> => {
    await daemon.stop();
    await rm(fifo, { force: true });
  };

  const start = async (settings: Required<RouterSettings>): Promise<StartOutcome> => {
    const config = await readConfig();
    const derived = join(workDir, 'opensips.cfg');
    const mpath = process.env.OPENSIPS_MPATH;
    await writeFile(
      derived,
      deriveConfig(config, {
        globals: { udp_workers: String(settings.workers), ...(mpath ? { mpath: `"${mpath}"` } : {}) },
        moduleParameters: { mi_fifo: { fifo_name: fifo, reply_dir: `${workDir}/` } },
      }),
    );
    await rm(fifo, { force: true });
    const outcome = await daemon.start({
      argv: [
        ...[binary, '-F', '-f', derived, '-w', workDir],
        ...(listensOn(config, listen.address, listen.port)
          ? []
          : ['-l', `udp:${listen.address}:${listen.port}`]),
        ...[
          '-m',
          String(settings.shmMib),
          '-M',
          String(settings.pkgMib),
          '-b',
          String(settings.maxbufferBytes),
        ],
      ],
    });
    if (outcome.state === 'failed') return outcome;
    return { state: 'ready', readyAfterMs: outcome.readyAfterMs, processes: await processes() };
  };

  return {
    kind: 'opensips',
    managedBy: 'siptune',

    async facts() {
      if (known) return known;
      const result = await host.run([binary, '-V']);
      if (result.notFound)
        throw new UserError(
          `${binary} is not installed: Debian has no package of it. Install OpenSIPS from opensips.org, ` +
            'and name the program with router.binary or OPENSIPS_BIN',
        );
      known = parseOpensipsVersion(`${result.stdout}\n${result.stderr}`, binary);
      return known;
    },

    async currentSettings() {
      const config = await readConfig();
      const number = (name: string) => {
        const value = Number(globalParameter(config, name));
        return Number.isInteger(value) && value > 0 ? value : undefined;
      };
      const workers = number('udp_workers');
      const maxbufferBytes = number('maxbuffer');
      return {
        ...DEFAULTS,
        ...(workers === undefined ? {} : { workers }),
        ...(maxbufferBytes === undefined ? {} : { maxbufferBytes }),
        ...spec.settings,
      };
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
      const result = await callMi(host, fifo, workDir, 'get_statistics', [STATISTICS]);
      return normalise((result ?? {}) as Readonly<Record<string, unknown>>);
    },

    async effectiveRcvbufBytes() {
      const sockets = await udpSocketsOn(host, listen.port);
      return sockets.find(({ local }) => local === `${listen.address}:${listen.port}`)?.rcvbufBytes ?? null;
    },

    logTail: (lines) => daemon.logTail(lines),
  };
}

/** The router's own names, and the keys that both products share. */
export function normalise(raw: Readonly<Record<string, unknown>>): RouterStats {
  const stats: Record<string, number> = {};
  for (const [name, value] of Object.entries(raw)) if (typeof value === 'number') stats[name] = value;
  const copy = (key: string, from: string) => {
    const value = stats[from];
    if (value !== undefined) stats[key] = value;
  };
  copy('shm:totalBytes', 'shmem:total_size');
  copy('shm:usedBytes', 'shmem:real_used_size');
  copy('shm:maxUsedBytes', 'shmem:max_used_size');
  copy('tm:inUse', 'tm:inuse_transactions');
  const shares = Object.keys(stats).flatMap((name) => {
    const process = /^pkmem:(\d+)-real_used_size$/.exec(name)?.[1];
    const total = stats[`pkmem:${process}-total_size`];
    return process === undefined || !total ? [] : [(stats[name] ?? 0) / total];
  });
  if (shares.length > 0) stats['pkg:worstUsedShare'] = Math.max(...shares);
  return stats;
}
