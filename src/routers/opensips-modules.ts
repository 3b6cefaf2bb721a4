// Where OpenSIPS's modules are, for a configuration that does not say: OpenSIPS itself has no default.
import { posix } from 'node:path';
import type { Host } from '../targets/host.ts';

/** Debian keeps libraries in a folder of the architecture. The positional parameter is where OpenSIPS was installed. */
const FIND_SCRIPT =
  'for lib in "$1"/lib/*-linux-gnu "$1/lib64" "$1/lib"; do ' +
  'if [ -d "$lib/opensips/modules" ]; then printf "%s\\n" "$lib/opensips/modules/"; fi; done';

/** OPENSIPS_MPATH first; a configuration without an mpath gets the modules that were installed with the program. */
export async function findModulePaths(
  machine: Host,
  binary: string,
  given: string | undefined,
): Promise<readonly string[]> {
  const own = machine.remote ? undefined : process.env.OPENSIPS_MPATH;
  if (own) return [own];
  if (given !== undefined) return [];
  const prefix = binary.includes('/') ? posix.resolve(posix.dirname(binary), '..') : '/usr';
  const found = await machine.run(['sh', '-c', FIND_SCRIPT, 'sh', prefix]);
  return found.stdout.split('\n').filter((line) => line !== '');
}
