// An OpenSSH server of our own on a loopback port, with keys made for it, and the ssh configuration that goes with it.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { RunningCommand } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

export interface SshServer {
  readonly port: number;
  readonly folder: string;
  /** For createSshHost(): knows the key of the server, whatever port it is reached at, and has one that it accepts. */
  readonly configFile: string;
  /** Another one, with these lines in front of what it has. */
  configWith(name: string, ...lines: string[]): Promise<string>;
  /** Ends the server; sessions that are open go on. */
  stop(): Promise<void>;
}

export const SSHD = '/usr/sbin/sshd';
/** Why there can be no server here, or undefined. */
export const noSshServer = existsSync(SSHD)
  ? undefined
  : "not tested: Debian's package openssh-server is not installed";

export async function startSshServer(): Promise<SshServer> {
  const folder = await mkdtemp('/tmp/siptune-sshd-');
  // sshd reads the authorized keys as the user who logs in.
  await chmod(folder, 0o755);
  const path = (name: string) => join(folder, name);
  for (const name of ['host-key', 'user-key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'siptune-test', '-f', path(name)]);
  const port = await freePort();
  // sshd refuses to start without it; it is empty, and goes away with the next boot.
  await mkdir('/run/sshd', { recursive: true });
  const hostKey = (await readFile(path('host-key.pub'), 'utf8')).trim();
  await writeFile(path('known_hosts'), `siptune-test ${hostKey}\n`);
  await writeFile(
    path('sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${path('host-key')}`,
      `AuthorizedKeysFile ${path('user-key.pub')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      '',
    ].join('\n'),
  );
  const lines = [
    'HostKeyAlias siptune-test',
    `UserKnownHostsFile ${path('known_hosts')}`,
    'GlobalKnownHostsFile /dev/null',
    `IdentityFile ${path('user-key')}`,
    'IdentitiesOnly yes',
    '',
  ];
  const configWith = async (name: string, ...first: string[]) => {
    await writeFile(path(name), [...first, ...lines].join('\n'));
    return path(name);
  };
  const configFile = await configWith('ssh_config');
  const sshd: RunningCommand = await createLocalHost().spawn([SSHD, '-D', '-e', '-f', path('sshd_config')], {
    stdoutFile: path('sshd.log'),
    stderrFile: path('sshd.log'),
  });
  for (let poll = 0; poll < 500; poll++) {
    if ((await readFile(path('sshd.log'), 'utf8')).includes('Server listening')) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    port,
    folder,
    configFile,
    configWith,
    async stop() {
      sshd.kill('SIGTERM');
      await sshd.exited;
      await rm(folder, { recursive: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
