// A router that runs as a service of the operator's: restarted by the operator's command, its memory sizes set where the
// service reads them. Workers and maxbuffer stand in a configuration that is not siptune's to edit, so they stay as they are.
import { UserError } from '../errors.ts';
import type { RouterDeps } from './create-router.ts';
import { readDefaults, withDefaults } from './defaults-file.ts';
import { globalParameter } from './derived-config.ts';
import { probeOptions } from './options-probe.ts';
import type { Router, RouterProcess, RouterSettings, StartOutcome } from './router.ts';
import { udpSocketsOn } from './udp-socket.ts';

const RESTART_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 15_000;

/** `own` is the product's adapter: facts, defaults and the effective buffer are read the same way. */
export function createServiceRouter(deps: RouterDeps, own: Router): Router {
  const { host, spec, listen, clock } = deps;
  const { service } = spec;
  if (!service) throw new Error('createServiceRouter() without a service');
  const { defaultsFile, restartCommand, pidFile } = service;

  const readFile = async (path: string): Promise<string> => (await host.readFiles([path])).get(path) ?? '';

  const currentSettings = async (): Promise<Required<RouterSettings>> => {
    const config = spec.config === undefined ? '' : await readFile(spec.config);
    const number = (name: string) => {
      const value = Number(globalParameter(config, name));
      return Number.isInteger(value) && value > 0 ? value : undefined;
    };
    const workers = number(spec.kind === 'kamailio' ? 'children' : 'udp_workers');
    const maxbufferBytes = number('maxbuffer');
    return {
      workers: 8,
      maxbufferBytes: 262_144,
      shmMib: 64,
      pkgMib: spec.kind === 'kamailio' ? 8 : 4,
      ...(workers === undefined ? {} : { workers }),
      ...(maxbufferBytes === undefined ? {} : { maxbufferBytes }),
      ...readDefaults(await readFile(defaultsFile), spec.kind),
      ...spec.settings,
    };
  };

  const mainPid = async (): Promise<number | undefined> => {
    if (pidFile !== undefined) {
      const pid = Number((await readFile(pidFile)).trim());
      if (Number.isInteger(pid) && pid > 0) return pid;
    }
    const sockets = await udpSocketsOn(host, listen.port);
    const pid = /PID (\d+)/.exec(sockets[0]?.owner ?? '')?.[1];
    return pid === undefined ? undefined : Number(pid);
  };

  /** The main process and its children, which are all that either product has. */
  const processes = async (): Promise<readonly RouterProcess[]> => {
    const main = await mainPid();
    if (main === undefined) return [];
    const children = await host.run(['ps', '-o', 'pid=', '--ppid', String(main)]);
    const pids = [main, ...children.stdout.split('\n').filter(Boolean).map(Number)];
    return pids.map((pid) => ({ pid, role: pid === main ? 'main' : 'process', udpWorker: pid !== main }));
  };

  const restart = async (settings: Required<RouterSettings>): Promise<StartOutcome> => {
    const now = await currentSettings();
    for (const name of ['workers', 'maxbufferBytes'] as const)
      if (settings[name] !== now[name])
        return {
          state: 'failed',
          reason: `${name} of a service stands in its configuration, which siptune does not edit (there ${now[name]}, wanted ${settings[name]}): leave it out of the scenario's knobs`,
          log: [],
        };
    const text = await readFile(defaultsFile);
    const wanted = withDefaults(text, spec.kind, settings);
    if (wanted !== text) await host.writeFile(defaultsFile, wanted);
    const startMs = clock.nowMs();
    const restarted = await host.run(restartCommand, { timeoutMs: RESTART_TIMEOUT_MS });
    if (restarted.exitCode !== 0)
      return {
        state: 'failed',
        reason: `${restartCommand.join(' ')} failed (exit status ${restarted.exitCode ?? restarted.signal})`,
        log: `${restarted.stdout}${restarted.stderr}`.trim().split('\n').slice(-20),
      };
    const probe = await probeOptions(host, listen.address, listen.port, READY_TIMEOUT_MS);
    return probe.state === 'answered'
      ? { state: 'ready', readyAfterMs: Math.round(clock.nowMs() - startMs), processes: await processes() }
      : {
          state: 'failed',
          reason: `the service restarted, but OPTIONS to ${listen.address}:${listen.port}: ${probe.reason}`,
          log: [],
        };
  };

  return {
    kind: spec.kind,
    managedBy: 'service',
    facts: () => own.facts(),
    currentSettings,

    async originals() {
      const raw = (await host.readFiles([defaultsFile])).get(defaultsFile);
      if (raw === null || raw === undefined)
        throw new UserError(
          `${defaultsFile} does not exist on ${host.label}: router.service.defaults names the file in which the service reads -m and -M`,
        );
      return [{ knob: 'router', target: { via: 'service', defaultsFile, restartCommand }, raw }];
    },

    start: restart,
    restart,
    /** A service is its operator's: siptune restarts it, and never ends it. */
    stop: async () => {},
    isAlive: async () => (await mainPid()) !== undefined,
    processes,
    /** Its control interfaces are the operator's to configure; kernel counters and /proc tell the rest. */
    stats: async () => ({}),
    effectiveRcvbufBytes: async () => {
      const sockets = await udpSocketsOn(host, listen.port);
      return sockets.find(({ local }) => local.endsWith(`:${listen.port}`))?.rcvbufBytes ?? null;
    },
    logTail: async () => [],
  };
}
