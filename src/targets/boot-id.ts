// Tells one boot of one kernel from any other: the same in every namespace and in most containers.
import { EXIT, UserError } from '../errors.ts';
import type { Host } from './host.ts';

export const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export async function bootIdOf(host: Host): Promise<string> {
  const text = (await host.readFiles([BOOT_ID])).get(BOOT_ID)?.trim();
  if (text) return text;
  throw new UserError(
    `cannot read ${BOOT_ID} on ${host.label}: siptune needs a Linux target with /proc mounted`,
    EXIT.unsafe,
  );
}
