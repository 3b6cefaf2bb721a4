// Whether siptune is root on a host, without a command that may be missing there.
import type { Host } from './host.ts';

const STATUS = '/proc/self/status';

/** By the effective user ID of whoever reads. */
export async function isRoot(host: Host): Promise<boolean> {
  const text = (await host.readFiles([STATUS])).get(STATUS) ?? '';
  return /^Uid:\s+\d+\s+0\s/m.test(text);
}
