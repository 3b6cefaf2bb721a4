// What makes the built tree one machine: keys, the router's configuration, its name. It lies over the tree, on a "disk" that
// is made for each machine and outlives its reboots.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../../src/targets/host.ts';
import { must } from '../../../src/targets/lab/must.ts';
import { quoteAll } from '../../../src/targets/shell-quote.ts';
import { MACHINE } from './layout.ts';

const SHIPPED_CONFIG = new URL('../../../scenarios/routers/kamailio.cfg', import.meta.url);
const TCP_PIPE = fileURLToPath(new URL('tcp-pipe.mjs', import.meta.url));

const SSHD_CONFIG = `HostKey /etc/ssh/ssh_host_ed25519_key
# One key for every user.
AuthorizedKeysFile /etc/ssh/authorized_keys
PasswordAuthentication no
`;

/** Fills an empty folder; returns the path of a configuration for ssh, in which the machine's name is the host to log in to. */
export async function makeDisk(host: Host, disk: string): Promise<string> {
  for (const folder of ['upper', 'work', 'root', 'ssh']) mkdirSync(join(disk, folder), { recursive: true });
  const keyFile = join(disk, 'ssh/key');
  const hostKeyFile = join(disk, 'ssh/host-key');
  for (const file of [keyFile, hostKeyFile])
    await must(host, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', MACHINE.name, '-f', file]);
  const files: readonly (readonly [path: string, text: string, mode?: number])[] = [
    ['etc/hostname', `${MACHINE.name}\n`],
    ['etc/hosts', `127.0.0.1 localhost\n${MACHINE.address} ${MACHINE.name}\n`],
    ['etc/kamailio/kamailio.cfg', kamailioConfig()],
    ['etc/ssh/sshd_config.d/test-machine.conf', SSHD_CONFIG],
    ['etc/ssh/authorized_keys', readFileSync(`${keyFile}.pub`, 'utf8')],
    ['etc/ssh/ssh_host_ed25519_key', readFileSync(hostKeyFile, 'utf8'), 0o600],
  ];
  for (const [path, text, mode] of files) put(join(disk, 'upper'), path, text, mode);

  const knownHosts = join(disk, 'ssh/known_hosts');
  writeFileSync(knownHosts, `${MACHINE.name} ${readFileSync(`${hostKeyFile}.pub`, 'utf8')}`);
  const configFile = join(disk, 'ssh/config');
  writeFileSync(configFile, sshConfig(keyFile, knownHosts));
  return configFile;
}

/** As shipped for the lab, where siptune gives the rest on the command line; a service has it in its configuration. */
function kamailioConfig(): string {
  const own = [
    'disable_tcp=yes',
    `listen=udp:${MACHINE.address}:${MACHINE.sipPort}`,
    'loadmodule "kex.so"',
    'loadmodule "ctl.so"',
  ];
  return readFileSync(SHIPPED_CONFIG, 'utf8')
    .replace('log_stderror=yes\n', 'log_stderror=no\n')
    .replace('disable_tcp=yes\n', `${own.join('\n')}\n`);
}

function sshConfig(keyFile: string, knownHosts: string): string {
  const pipe = ['ip', 'netns', 'exec', MACHINE.outsideNetns, process.execPath, TCP_PIPE];
  return `Host ${MACHINE.name}
  HostName ${MACHINE.address}
  HostKeyAlias ${MACHINE.name}
  User root
  IdentityFile "${keyFile}"
  IdentitiesOnly yes
  UserKnownHostsFile "${knownHosts}"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ProxyCommand ${quoteAll(pipe).replaceAll('%', '%%')} %h %p
`;
}

/** A folder that lies over one of the tree hides its mode, whatever the umask here is. */
function put(upper: string, path: string, text: string, mode = 0o644): void {
  const file = join(upper, path);
  mkdirSync(dirname(file), { recursive: true });
  for (let folder = dirname(file); folder.startsWith(upper); folder = dirname(folder))
    chmodSync(folder, 0o755);
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
}

export function removeDisk(disk: string): void {
  rmSync(disk, { recursive: true, force: true });
}
