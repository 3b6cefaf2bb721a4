// Kamailio (5.6 and later): settings on the command line, statistics by kamcmd(8) over a control socket of ours.
import { posix } from 'node:path';
import { EXIT, UserError } from '../errors.ts';
import { allocatorArgv } from './allocators.ts';
import { ROUTER_DEFAULTS, settingsInConfig } from './config-settings.ts';
import type { RouterDeps } from './create-router.ts';
import { deriveKamailioConfig } from './kamailio-config.ts';
import { parseKamailioVersion } from './kamailio-facts.ts';
import { createKamailioRpc } from './kamailio-rpc.ts';
import { readConfig } from './read-config.ts';
import { requireVersion } from './require-version.ts';
import type { Router, RouterFacts, RouterSettings, StartOutcome } from './router.ts';
import { createRouterProcess } from './router-process.ts';
import { settled } from './settled.ts';
import { rcvbufBytesOn } from './udp-socket.ts';

export function createKamailio(deps: RouterDeps): Router {
  const { host, spec, listen, workDir, clock } = deps;
  const { machine } = host;
  const { basename, dirname, join } = posix;
  const binary = spec.binary ?? 'kamailio';
  const controlSocket = join(workDir, 'kamailio.ctl');
  const pidFile = join(workDir, 'kamailio.pid');
  const daemon = createRouterProcess(deps);
  const rpc = createKamailioRpc(host, controlSocket);
  let known: RouterFacts | undefined;

  const facts = async (): Promise<RouterFacts> => {
    if (known) return known;
    const argv = [binary, '-v'];
    const result = await host.run(argv);
    if (result.notFound)
      throw new UserError(
        `${binary} is not on ${host.label}: install Debian's package kamailio, or name the program with router.binary`,
        EXIT.unsafe,
      );
    known = requireVersion(parseKamailioVersion(result.stdout, binary), argv, result, host.label);
    return known;
  };

  const removeControlFiles = () => machine.run(['rm', '-f', '--', controlSocket, pidFile]);

  const stop = async (): Promise<void> => {
    await daemon.stop();
    await removeControlFiles();
  };

  const planStart = async (
    settings: Required<RouterSettings>,
    reading = readConfig(machine, spec.config),
  ) => {
    const config = await reading;
    const derived = deriveKamailioConfig(config, settings, listen, controlSocket, deps.tcp);
    const copy = join(workDir, basename(config.path));
    const changed = derived.text !== config.own;
    const argv = [
      // The main process stays in the foreground (-DD) and logs to stderr (-E).
      ...[binary, '-DD', '-E', '-f', changed ? copy : config.path],
      ...['-w', workDir, '-Y', workDir, '-P', pidFile],
      // A socket that the file has as well is opened once.
      ...['-l', `udp:${listen.address}:${listen.port}`],
      ...['-m', String(settings.shmMib), '-M', String(settings.pkgMib)],
      ...['-n', String(settings.workers), '-b', String(settings.maxbufferBytes)],
      ...allocatorArgv('kamailio', settings.allocator),
      ...derived.argv,
    ];
    return { config, copy, text: changed ? derived.text : null, argv };
  };

  const start = async (
    settings: Required<RouterSettings>,
    signal?: AbortSignal,
    reading?: ReturnType<typeof readConfig>,
  ): Promise<StartOutcome> => {
    await facts();
    const { config, copy, text, argv } = await planStart(settings, reading);
    const outcome = await daemon.start({ cwd: dirname(config.path), argv }, signal, () =>
      Promise.all([removeControlFiles(), ...(text === null ? [] : [machine.writeFile(copy, text)])]),
    );
    if (outcome.state === 'failed') {
      await stop();
      // Lines keep their numbers in the copy: what the parser says holds for the operator's file.
      return { ...outcome, log: outcome.log.map((line) => line.replaceAll(copy, config.path)) };
    }
    const [processes, rcvbufBytes] = await Promise.all([
      settled(rpc.processes, settings.workers, clock),
      rcvbufBytesOn(host, listen),
    ]);
    return { ...outcome, state: 'ready', processes, rcvbufBytes };
  };

  return {
    kind: 'kamailio',
    managedBy: 'siptune',
    facts,

    async currentSettings() {
      const { own, included } = await readConfig(machine, spec.config);
      return {
        ...ROUTER_DEFAULTS.kamailio,
        ...settingsInConfig(`${own}\n${included}`, 'kamailio', listen, deps.tcp),
        ...spec.settings,
      };
    },

    originals: async () => [],
    async describeStart(settings) {
      const { config, copy, text, argv } = await planStart(settings);
      return {
        command: argv,
        cpus: deps.cpus,
        files: text === null ? [] : [{ path: copy, what: `a copy of ${config.path} with these settings` }],
        refusal: null,
      };
    },
    start: (settings, signal) => start(settings, signal),
    stop,
    async restart(settings, signal) {
      const reading = readConfig(machine, spec.config);
      reading.catch(() => {});
      await daemon.stop();
      return start(settings, signal, reading);
    },
    isAlive: async () => daemon.isAlive(),
    processes: rpc.processes,
    stats: async () => (daemon.isAlive() ? rpc.stats() : {}),
    effectiveRcvbufBytes: () => rcvbufBytesOn(host, listen),
    logTail: (lines) => daemon.logTail(lines),
  };
}
