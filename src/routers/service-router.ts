// A router that runs as a service of the operator's: restarted by the operator's command, its memory sizes set where the
// service reads them. Workers, maxbuffer and the allocator stand in files that are not siptune's to edit, so they stay as they are.
import { UserError } from '../errors.ts';
import { ROUTER_DEFAULTS, settingsInConfig } from './config-settings.ts';
import type { RouterDeps } from './create-router.ts';
import { readDefaults, withDefaults } from './defaults-file.ts';
import { createKamailioRpc } from './kamailio-rpc.ts';
import { startProbe } from './options-probe.ts';
import { readConfig } from './read-config.ts';
import { replaceFile } from './replace-file.ts';
import type { Router, RouterSettings, StartOutcome } from './router.ts';
import { findMainPid, listProcesses, readOptions } from './service-process.ts';
import { rcvbufBytesOn } from './udp-socket.ts';

const RESTART_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 15_000;
const LOG_LINES = 20;

const PACKAGED_CONFIG = {
  kamailio: '/etc/kamailio/kamailio.cfg',
  opensips: '/etc/opensips/opensips.cfg',
} as const;

/** `own` is the product's adapter: what it knows of the program holds for a service, too. */
export function createServiceRouter(deps: RouterDeps, own: Router): Router {
  const { host, spec, listen, probeFrom, clock } = deps;
  const { kind, service } = spec;
  if (!service) throw new Error('createServiceRouter() without a service');
  const { defaultsFile, restartCommand, pidFile } = service;
  // Kamailio's packages open this socket by themselves; OpenSIPS's FIFO belongs to a user of its own.
  const rpc = kind === 'kamailio' ? createKamailioRpc(host, undefined) : undefined;

  const mainPid = () => findMainPid(host, pidFile, listen);

  const readDefaultsFile = async (): Promise<string> => {
    const text = (await host.readFiles([defaultsFile])).get(defaultsFile);
    if (text === null || text === undefined)
      throw new UserError(
        `router.service.defaults: ${defaultsFile} cannot be read on ${host.label}; it names the file from which the service takes its memory sizes (-m, -M)`,
      );
    return text;
  };

  /** For both products a file wins over the command line, except for Kamailio's -n and -b; packages give neither. */
  const currentSettings = async (): Promise<Required<RouterSettings>> => {
    const pid = await mainPid();
    const options = pid === undefined ? undefined : await readOptions(host, pid);
    const config = await readConfig(
      host.machine,
      spec.config ?? options?.config ?? PACKAGED_CONFIG[kind],
    ).catch(() => null);
    const inConfig = config ? settingsInConfig(`${config.own}\n${config.included}`, kind, listen) : {};
    const overlays = kind === 'kamailio' ? [inConfig, options?.settings] : [options?.settings, inConfig];
    return Object.assign(
      { ...ROUTER_DEFAULTS[kind] },
      ...overlays,
      readDefaults(await readDefaultsFile(), kind),
      spec.settings,
    );
  };

  const restart = async (settings: Required<RouterSettings>, signal?: AbortSignal): Promise<StartOutcome> => {
    const now = await currentSettings();
    const refusal = refusedChange(now, settings);
    if (refusal !== null) return { state: 'failed', reason: refusal, log: [] };
    const text = await readDefaultsFile();
    // Only what differs is written: a size that the unit gives needs no line in the file.
    const wanted =
      settings.shmMib === now.shmMib && settings.pkgMib === now.pkgMib
        ? text
        : withDefaults(text, kind, settings);
    if (wanted !== text) await replaceFile(host, defaultsFile, wanted);
    const startMs = clock.nowMs();
    const restarted = await host.run(restartCommand, { timeoutMs: RESTART_TIMEOUT_MS });
    if (restarted.exitCode !== 0)
      return {
        state: 'failed',
        reason: `${restartCommand.join(' ')} failed (${restarted.timedOut ? `no end within ${RESTART_TIMEOUT_MS / 1_000} s` : (restarted.signal ?? `exit status ${restarted.exitCode}`)})`,
        log: `${restarted.stdout}${restarted.stderr}`.trim().split('\n').slice(-LOG_LINES),
      };
    const probe = await startProbe(
      probeFrom?.host ?? host,
      ...([listen.address, listen.port, READY_TIMEOUT_MS, probeFrom?.address] as const),
    );
    signal?.addEventListener('abort', probe.stop);
    const outcome = await probe.outcome;
    signal?.removeEventListener('abort', probe.stop);
    if (outcome.state === 'answered')
      return {
        state: 'ready',
        readyAfterMs: Math.round(clock.nowMs() - startMs),
        processes: await processes(),
      };
    return {
      state: 'failed',
      reason: `the service was restarted, but OPTIONS sip:${listen.address}:${listen.port} was not answered with 200 (${outcome.reason})`,
      log: [],
    };
  };

  const processes = async () => {
    const pid = await mainPid();
    if (pid === undefined) return [];
    const named = (await rpc?.processes()) ?? [];
    // Another instance on this machine may hold kamcmd's default socket.
    return named.some((process) => process.pid === pid) ? named : listProcesses(host, pid);
  };

  return {
    kind,
    managedBy: 'service',
    facts: () => own.facts(),
    currentSettings,
    async originals() {
      const raw = await readDefaultsFile();
      return [{ knob: defaultsFile, target: { via: 'service', defaultsFile, restartCommand }, raw }];
    },
    async describeStart(settings) {
      const what = `-m ${settings.shmMib} and -M ${settings.pkgMib}, where it has others; every other line stays`;
      return {
        command: restartCommand,
        files: [{ path: defaultsFile, what }],
        refusal: refusedChange(await currentSettings(), settings),
      };
    },
    start: restart,
    restart,
    /** A service is its operator's: siptune restarts it, and never ends it. */
    stop: async () => {},
    isAlive: async () => (await mainPid()) !== undefined,
    processes,
    stats: async () => (await rpc?.stats()) ?? {},
    effectiveRcvbufBytes: () => rcvbufBytesOn(host, listen),
    /** Its log is where the operator has it. */
    logTail: async () => [],
  };
}

/** Why a service cannot be given these settings, or null. */
function refusedChange(now: Required<RouterSettings>, settings: Required<RouterSettings>): string | null {
  for (const name of ['workers', 'maxbufferBytes', 'allocator'] as const)
    if (settings[name] !== now[name])
      return `${name} cannot be changed from ${now[name]} to ${settings[name]}: for a service it stands in its unit or in the router's own configuration, which siptune does not edit. Leave it out of the scenario's knobs and contenders`;
  return null;
}
