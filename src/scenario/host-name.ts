// Which machine something is on: this one, or another over SSH.
import { UserError } from '../errors.ts';
import { parseSshAddress, type SshAddress } from '../targets/ssh/ssh-address.ts';
import { parsed } from './schema-parts.ts';
import { show } from './wording.ts';

const HOSTS = 'local (this machine) or ssh://user@name:port';

export const hostName = parsed((value): 'local' | SshAddress => {
  if (value === 'local') return value;
  if (value === undefined) throw new UserError(`is missing: ${HOSTS}`);
  const ssh = typeof value === 'string' ? parseSshAddress(value) : null;
  if (ssh) return ssh;
  // Not shown: what stands before the "@" after a colon is a password.
  if (typeof value === 'string' && /:[^/@]*@/.test(value.replace(/^\w+:\/\//, '')))
    throw new UserError(
      'has a password in it, which siptune never takes: give ssh://user@name:port, and use a key (see ssh-agent)',
    );
  throw new UserError(`${show(value)} is not a host: ${HOSTS}`);
});
