// OpenSIPS (3.4, 3.6): memory on the command line, the rest in a derived configuration, statistics by MI over a FIFO.
import { posix } from 'node:path';
import { EXIT, UserError } from '../errors.ts';
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
import { requireVersion } from './require-version.ts';
import type { Router, RouterFacts, RouterProcess, RouterSettings, StartOutcome } from './router.ts';
import { createRouterProcess } from './router-process.ts';
import { settled } from './settled.ts';
import { rcvbufBytesOn } from './udp-socket.ts';

/** Groups of statistics, as MI takes them. */
const STATISTICS = ['shmem:', 'pkmem:', 'load:', 'net:', 'core:', 'tm:'];

export function createOpensips(deps: RouterDeps): Router {
  const { host, spec, listen, tcp, workDir, clock } = deps;
  const { machine } = host;
  const { basename, dirname, join } = posix;
  // The environment speaks of this machine.
  const binary = spec.binary ?? ((host.remote ? undefined : process.env.OPENSIPS_BIN) || 'opensips');
  const fifo = join(workDir, 'opensips.fifo');
  const pidFile = join(workDir, 'opensips.pid');
  const daemon = createRouterProcess(deps);
  const mi = createMiClient(host, fifo, workDir);
  let known: RouterFacts | undefined;
  let modules: Promise<readonly string[]> | undefined;

  const facts = async (): Promise<RouterFacts> => {
    if (known) return known;
    const argv = [binary, '-V'];
    const result = await host.run(argv);
    if (result.notFound)
      throw new UserError(
        `${binary} is not on ${host.label}: install OpenSIPS (Debian's own archive may lack it; see opensips.org), ` +
          'or name the program with OPENSIPS_BIN or router.binary',
        EXIT.unsafe,
      );
    known = requireVersion(parseOpensipsVersion(result.stdout, binary), argv, result, host.label);
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

  const stopDaemon = async (): Promise<void> => {
    await daemon.stop();
    await mi.close();
  };
  const removeControlFiles = () => machine.run(['rm', '-f', '--', fifo, pidFile]);

  const stop = async (): Promise<void> => {
    await stopDaemon();
    await removeControlFiles();
  };

  const planStart = async (
    settings: Required<RouterSettings>,
    reading = readConfig(machine, spec.config),
  ) => {
    const config = await reading;
    const derived = join(workDir, basename(config.path));
    const argv = [
      ...[binary, '-F', '-f', derived, '-w', workDir, '-P', pidFile],
      // A socket that the file has as well is opened once.
      ...['-l', `udp:${listen.address}:${listen.port}`],
      ...(tcp ? ['-l', `tcp:${listen.address}:${listen.port}`] : []),
      ...['-m', String(settings.shmMib), '-M', String(settings.pkgMib)],
      ...allocatorArgv('opensips', settings.allocator),
    ];
    return { config, derived, argv };
  };

  const start = async (
    settings: Required<RouterSettings>,
    signal?: AbortSignal,
    reading?: ReturnType<typeof readConfig>,
  ): Promise<StartOutcome> => {
    await facts();
    const { config, derived, argv } = await planStart(settings, reading);
    modules ??= findModulePaths(machine, binary, globalParameter(config.own, 'mpath'));
    const modulePaths = await modules;
    const text = deriveOpensipsConfig(config, settings, {
      listen,
      tcp,
      fifo,
      replyDir: workDir,
      modulePaths,
    });
    const outcome = await daemon.start({ cwd: dirname(config.path), argv }, signal, () =>
      Promise.all([removeControlFiles(), machine.writeFile(derived, text)]),
    );
    if (outcome.state === 'failed') {
      await stop();
      // Lines keep their numbers in the copy: what the parser says holds for the operator's file.
      return { ...outcome, log: outcome.log.map((line) => line.replaceAll(derived, config.path)) };
    }
    const [found, rcvbufBytes] = await Promise.all([
      settled(processes, settings.workers, clock),
      rcvbufBytesOn(host, listen),
    ]);
    return { ...outcome, state: 'ready', processes: found, rcvbufBytes };
  };

  return {
    kind: 'opensips',
    managedBy: 'siptune',
    facts,

    async currentSettings() {
      const { own, included } = await readConfig(machine, spec.config);
      return {
        ...ROUTER_DEFAULTS.opensips,
        ...settingsInConfig(`${own}\n${included}`, 'opensips', listen, tcp),
        ...spec.settings,
      };
    },

    originals: async () => [],
    async describeStart(settings) {
      const { config, derived, argv } = await planStart(settings);
      return {
        command: argv,
        cpus: deps.cpus,
        files: [
          {
            path: derived,
            what: `a copy of ${config.path} with ${settings.workers} workers and maxbuffer ${settings.maxbufferBytes}`,
          },
        ],
        refusal: null,
      };
    },
    start: (settings, signal) => start(settings, signal),
    stop,
    async restart(settings, signal) {
      const reading = readConfig(machine, spec.config);
      reading.catch(() => {});
      await stopDaemon();
      return start(settings, signal, reading);
    },
    isAlive: async () => daemon.isAlive(),
    processes,
    stats: async () =>
      daemon.isAlive() ? flattenOpensipsStats(await mi.call('get_statistics', [STATISTICS])) : {},
    effectiveRcvbufBytes: () => rcvbufBytesOn(host, listen),
    logTail: (lines) => daemon.logTail(lines),
  };
}
