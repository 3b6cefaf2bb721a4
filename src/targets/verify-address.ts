// Load goes only to an address that the router's own host says is its own. No flag turns this off.
import { EXIT, UserError } from '../errors.ts';
import type { Host } from './host.ts';

/** Throws unless `address` is configured on a device of `host` (read there with ip(8), never resolved by name). */
export async function verifyAddress(host: Host, address: string): Promise<void> {
  const result = await host.run(['ip', '-j', 'addr', 'show']);
  const addresses = result.exitCode === 0 ? addressesIn(result.stdout) : [];
  if (addresses.includes(address)) return;
  throw new UserError(
    `refusing to send load to ${address}: it is not an address of ${host.label} (it has ${addresses.join(', ') || 'none'}). ` +
      "Give the router's own address, as ip(8) shows it there",
    EXIT.unsafe,
  );
}

/**
 * Throws where load for `address` would not leave the caller's own machine: an address such as 127.0.0.1 is everybody's,
 * and the calls would never reach the router of another machine.
 */
export async function verifyNotOwn(caller: Host, address: string): Promise<void> {
  const result = await caller.run(['ip', '-j', 'route', 'get', address]);
  if (result.exitCode === 0 && !/"type":\s*"local"/.test(result.stdout)) return;
  throw new UserError(
    result.exitCode === 0
      ? `refusing to send load to ${address}: it is an address of the callers' own machine (${caller.label}) as well, so the calls would never reach the router. Give an address that only the router's machine has`
      : `the callers (${caller.label}) have no route to ${address}: ${result.stderr.trim()}`,
    EXIT.unsafe,
  );
}

function addressesIn(json: string): readonly string[] {
  try {
    const links: { addr_info?: { local?: string }[] }[] = JSON.parse(json);
    return links.flatMap((link) => (link.addr_info ?? []).flatMap(({ local }) => (local ? [local] : [])));
  } catch {
    return [];
  }
}
