// The test machine: a customer's staging router, for tests. Debian's systemd, sshd and kamailio.service in a container of
// systemd-nspawn, joined to a namespace of the host by a veth pair; test/support/machine/build makes its tree beforehand.
//
// What it is like, measured with systemd 252 on Linux 6.18:
// - It boots in 1.5 s, and powers off in 0.3 s. /run/systemd/system is a folder, /proc/1/comm is "systemd".
// - Its IPC namespace is its own, kernel.shmmax and kernel.shmall with it: read and written inside, the host's do not change.
//   txqueuelen (also by its file in /sys), net.core.somaxconn, net.ipv4.tcp_* and udp_* are its own as well.
// - The host-wide net.core.* are not: rmem_default, rmem_max, wmem_default and wmem_max are read inside with the host's
//   values and cannot be written (mode 0444, "Permission denied"), netdev_max_backlog is not there at all.
//   vm.* and fs.* are read with the host's values and cannot be written ("Read-only file system").
// - systemctl restart kamailio works and reads /etc/default/kamailio anew; kamcmd answers root.
// - systemd-run works, also --on-active, --unit, --wait and --pipe. The default accuracy of a timer is one minute, here as
//   everywhere: --on-active=5 may fire 65 s later. --timer-property=AccuracySec=100ms makes it punctual.
// - journald keeps its logs, also over a reboot. ip netns add, exec and del work inside.
// - CPUs, memory and /proc/stat are the host's: mpstat and softnet_stat inside show what the host does.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CommandResult, Host, RunningCommand } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { processesOfMachine, removeControlGroups } from './machine/control-groups.ts';
import { makeDisk, removeDisk } from './machine/disk.ts';
import { MACHINE } from './machine/layout.ts';
import { joinNetwork, removeNetwork } from './machine/network.ts';

export { MACHINE, USERS } from './machine/layout.ts';

export interface TestMachine {
  /** For `ssh -F`: MACHINE.name is the host to log in to, as any of USERS. */
  readonly sshConfig: string;
  /** The namespace at the other end of the link, which has the caller's and the callee's address. */
  readonly outside: Host;
  /** Runs a command inside as root, not through sshd. */
  inside(argv: readonly string[]): Promise<CommandResult>;
  /** Its processes, as the host numbers them. */
  processes(): readonly number[];
  /** Off and on again with what is on its disk: in an orderly way, or as when the power fails. */
  reboot(how: 'orderly' | 'power-cut'): Promise<void>;
  /** Off, and everything of it gone. Harmless when it is off already. */
  end(): Promise<void>;
}

const FOLDER = fileURLToPath(new URL('machine/', import.meta.url));
const BOOT_TIMEOUT_MS = 60_000;
const POWER_OFF_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
const CONSOLE_LINES = 20;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Why there is no test machine here, or undefined. Said aloud: a suite that skips in silence looks like one that passed. */
export function machineAbsent(): string | undefined {
  const found = checkTree();
  if (found.state === 'there') return undefined;
  process.stderr.write(`The test machine is skipped: ${found.reason}\n`);
  return `not tested: ${found.reason}`;
}

function checkTree(): { state: 'there'; tree: string } | { state: 'absent'; reason: string } {
  try {
    return {
      state: 'there',
      tree: execFileSync(join(FOLDER, 'build'), ['--check'], { encoding: 'utf8' }).trim(),
    };
  } catch (error) {
    return { state: 'absent', reason: String((error as { stdout?: unknown }).stdout).trim() };
  }
}

/** Boots a new machine, ready once a login was answered. There is one at a time: what another left is cleared first. */
export async function bootMachine(): Promise<TestMachine> {
  const found = checkTree();
  if (found.state === 'absent') throw new Error(found.reason);
  const host = createLocalHost();
  const disk = join(dirname(found.tree), 'disk');
  await clear(host, disk);
  const sshConfig = await makeDisk(host, disk);
  let running = await powerOn(host, found.tree, disk, sshConfig);
  const inside = (argv: readonly string[]) => runInside(host, running, argv);
  const powerOff = async () => {
    await inside(['systemctl', 'poweroff']);
    await Promise.race([running.exited, setTimeout(POWER_OFF_TIMEOUT_MS, undefined, { ref: false })]);
    running.kill('SIGKILL');
    await running.exited;
  };
  return {
    sshConfig,
    outside: host.inNetns(MACHINE.outsideNetns),
    inside,
    processes: processesOfMachine,
    async reboot(how) {
      if (how === 'orderly') await powerOff();
      running.kill('SIGKILL');
      await running.exited;
      await removeControlGroups();
      await removeNetwork(host);
      running = await powerOn(host, found.tree, disk, sshConfig);
    },
    async end() {
      await powerOff();
      await clear(host, disk);
    },
  };
}

async function clear(host: Host, disk: string): Promise<void> {
  await removeControlGroups();
  await removeNetwork(host);
  removeDisk(disk);
}

async function powerOn(host: Host, tree: string, disk: string, sshConfig: string): Promise<RunningCommand> {
  await joinNetwork(host);
  const console = join(disk, 'console.log');
  const running = await host.spawn(
    [
      // The kernel ends all of it with the process that started it, also when that one is killed.
      ...['setpriv', '--pdeathsig', 'SIGKILL', 'unshare', '--pid', '--fork', '--kill-child'],
      ...['--mount', '--mount-proc', '--propagation', 'private'],
      ...[join(FOLDER, 'start'), MACHINE.name, tree, disk, MACHINE.netns],
    ],
    { stdoutFile: console, stderrFile: console },
  );
  const problem = await waitUntilUp(host, running, sshConfig);
  if (problem === null) return running;
  running.kill('SIGKILL');
  const said = readFileSync(console, 'utf8').trim().split('\n').slice(-CONSOLE_LINES).join('\n');
  await running.exited;
  await removeControlGroups();
  await removeNetwork(host);
  throw new Error(`the test machine did not boot: ${problem}\n${said}`);
}

/** systemd says that it is up, and sshd lets us in. */
async function waitUntilUp(host: Host, running: RunningCommand, sshConfig: string): Promise<string | null> {
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  const untilMs = performance.now() + BOOT_TIMEOUT_MS;
  let problem = 'systemd did not start';
  while (!ended && performance.now() < untilMs) {
    const { stdout } = await runInside(host, running, ['systemctl', 'is-system-running', '--wait']);
    const state = stdout.trim();
    if (state === 'running' || state === 'degraded') {
      const login = await host.run(['ssh', '-F', sshConfig, MACHINE.name, 'true']);
      if (login.exitCode === 0) return null;
      problem = login.stderr.trim();
    } else if (state !== '') problem = `systemd says "${state}"`;
    await setTimeout(POLL_MS);
  }
  return ended ? 'it ended' : problem;
}

/** setpriv became unshare, whose child became systemd-nspawn, whose child is the machine's first process. */
async function runInside(
  host: Host,
  running: RunningCommand,
  argv: readonly string[],
): Promise<CommandResult> {
  const nspawn = childOf(running.pid);
  const leader = nspawn === undefined ? undefined : childOf(nspawn);
  if (leader === undefined)
    return {
      exitCode: undefined,
      signal: undefined,
      stdout: '',
      stderr: 'it is off',
      timedOut: false,
      notFound: false,
    };
  return host.run(['nsenter', '--target', String(leader), '--all', 'env', '-i', `PATH=${PATH}`, ...argv], {
    timeoutMs: BOOT_TIMEOUT_MS,
  });
}

function childOf(pid: number): number | undefined {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number)[0];
  } catch {
    return undefined;
  }
}
