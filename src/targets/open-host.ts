// The machine that a scenario or a journal names: this one, or another over the system's OpenSSH.
import type { Host } from './host.ts';
import { createLocalHost } from './local-host.ts';
import type { SshAddress } from './ssh/ssh-address.ts';
import { createSshHost } from './ssh/ssh-host.ts';

export interface OpenHost {
  readonly host: Host;
  /** Connects, where that is needed; a UserError says why it cannot. */
  connect(): Promise<void>;
  close(): Promise<void>;
}

/** Another ssh configuration file than ~/.ssh/config and the system's, as `ssh -F` takes it. */
const SSH_CONFIG_VARIABLE = 'SIPTUNE_SSH_CONFIG';

export function openHost(address: 'local' | SshAddress, env: NodeJS.ProcessEnv = process.env): OpenHost {
  if (address === 'local') return { host: createLocalHost(), connect: async () => {}, close: async () => {} };
  const host = createSshHost({ ...address, configFile: env[SSH_CONFIG_VARIABLE] || undefined });
  return { host, connect: host.connect, close: host.close };
}
