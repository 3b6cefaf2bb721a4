// Addresses of router, caller and callee: IPv4 as written. Names are refused, for what one resolves to is not verified.
import { isIP, isIPv4 } from 'node:net';
import { UserError } from '../errors.ts';
import { show } from './wording.ts';

const ADVICE = 'give an IPv4 address of the machine, as "ip -4 addr" shows it there';
const HOST_NAME = /^(?=.*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i;

export function parseAddress(value: unknown): string {
  if (typeof value === 'string') {
    if (isIPv4(value) && value !== '0.0.0.0') return value;
    if (isIP(value.replace(/^\[(.*)\]$/, '$1').replace(/\/\d+$/, '')) === 6)
      throw new UserError(`${show(value)} is an IPv6 address, which is not supported yet: ${ADVICE}`);
    if (HOST_NAME.test(value))
      throw new UserError(
        `${show(value)} is a name, and siptune sends load to no name, for it may resolve to somebody else's machine: ${ADVICE}`,
      );
  }
  throw new UserError(`${show(value)} is not an IPv4 address of a machine: ${ADVICE}`);
}
