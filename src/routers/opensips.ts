// OpenSIPS (3.4, 3.6): memory on the command line, the rest in a derived configuration, statistics by MI over a FIFO.
import { rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { allocatorArgv } from './allocators.ts';
import { ROUTER_DEFAULTS, settingsInConfig } from './config-settings.ts';
import { globalParameter } from './config-text.ts';
import type { RouterDeps } from './create-router.ts';
import { createMiClient } from './mi-fifo.ts';
import { deriveOpensipsConfig } from './opensips-config.ts';
import { parseOpensipsVersion } from './opensips-facts.ts';
import { findModulePaths } from './opensips-modules.ts';
import { flattenOpensipsStats } from './opensips-stats.ts';
import { readConfig } from './read-config.ts';
import type { Router, RouterFacts, RouterProcess, RouterSettings, StartOutcome } from './router.ts';
import { createRouterProcess } from './router-process.ts';
import { settled } from './settled.ts';
import { rcvbufBytesOn } from './udp-socket.ts';

/** Groups of statistics, as MI takes them. */
const STATISTICS = ['shmem:', 'pkmem:', 'load:', 'net:', 'core:', 'tm:'];

export function createOpensips(deps: RouterDeps): Router {
  const { host, spec, listen, workDir, clock } = deps;
  const binary = spec.binary ?? (process.env.OPENSIPS_BIN || 'opensips');
  const fifo = join(workDir, 'opensips.fifo');
  const pidFile = join(workDir, 'opensips.pid');
  const daemon = createRouterProcess(deps);
  const mi = createMiClient(host, fifo, workDir);
  let known: RouterFacts | undefined;

  const facts = async (): Promise<RouterFacts> => {
    if (known) return known;
    const result = await host.run([binary, '-V']);
    if (result.notFound)
      throw new UserError(
        `${binary} is not on ${host.label}: install OpenSIPS (Debian's own archive may lack it; see opensips.org), ` +
          'or name the program with OPENSIPS_BIN or router.binary',
      );
    known = parseOpensipsVersion(result.stdout, binary);
    return known;
  };

  const processes = async (): Promise<readonly RouterProcess[]> => {
    if (!daemon.isAlive()) return [];
    const answer = (await mi.call('ps')) as { Processes?: readonly { PID: number; Type: string }[] } | null;
    return (answer?.Processes ?? []).map(({ PID, Type }) => ({
      pid: PID,
      role: Type,
      udpWorker: /^SIP receiver udp:/i.test(Type),
    }));
  };

  const stop = async (): Promise<void> => {
    await daemon.stop();
    await mi.close();
    for (const file of [fifo, pidFile]) await rm(file, { force: true });
  };

  const planStart = async (settings: Required<RouterSettings>) => {
    const config = await readConfig(host, spec.config);
    const derived = join(workDir, basename(config.path));
    const argv = [
      ...[binary, '-F', '-f', derived, '-w', workDir, '-P', pidFile],
      // A socket that the file has as well is opened once.
      ...['-l', `udp:${listen.address}:${listen.port}`],
      ...['-m', String(settings.shmMib), '-M', String(settings.pkgMib)],
      ...allocatorArgv('opensips', settings.allocator),
    ];
    return { config, derived, argv };
  };

  const start = async (settings: Required<RouterSettings>, signal?: AbortSignal): Promise<StartOutcome> => {
    await facts();
    const { config, derived, argv } = await planStart(settings);
    const modulePaths = await findModulePaths(binary, globalParameter(config.own, 'mpath'));
    await writeFile(
      derived,
      deriveOpensipsConfig(config, settings, { listen, fifo, replyDir: workDir, modulePaths }),
    );
    const outcome = await daemon.start({ cwd: dirname(config.path), argv }, signal);
    if (outcome.state === 'failed') {
      await stop();
      // Lines keep their numbers in the copy: what the parser says holds for the operator's file.
      return { ...outcome, log: outcome.log.map((line) => line.replaceAll(derived, config.path)) };
    }
    return { ...outcome, state: 'ready', processes: await settled(processes, settings.workers, clock) };
  };

  return {
    kind: 'opensips',
    managedBy: 'siptune',
    facts,

    async currentSettings() {
      const { own, included } = await readConfig(host, spec.config);
      return {
        ...ROUTER_DEFAULTS.opensips,
        ...settingsInConfig(`${own}\n${included}`, 'opensips', listen),
        ...spec.settings,
      };
    },

    originals: async () => [],
    async describeStart(settings) {
      const { config, derived, argv } = await planStart(settings);
      return {
        command: argv,
        files: [
          {
            path: derived,
            what: `a copy of ${config.path} with ${settings.workers} workers and maxbuffer ${settings.maxbufferBytes}`,
          },
        ],
        refusal: null,
      };
    },
    start,
    stop,
    async restart(settings, signal) {
      await stop();
      return start(settings, signal);
    },
    isAlive: async () => daemon.isAlive(),
    processes,
    stats: async () =>
      daemon.isAlive() ? flattenOpensipsStats(await mi.call('get_statistics', [STATISTICS])) : {},
    effectiveRcvbufBytes: () => rcvbufBytesOn(host, listen),
    logTail: (lines) => daemon.logTail(lines),
  };
}
