// Where OpenSIPS's modules are, for a configuration that does not say: OpenSIPS itself has no default.
import { access, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** OPENSIPS_MPATH first; a configuration without an mpath gets the modules that were installed with the program. */
export async function findModulePaths(binary: string, given: string | undefined): Promise<readonly string[]> {
  const { OPENSIPS_MPATH: own } = process.env;
  if (own) return [own];
  if (given !== undefined) return [];
  const prefix = binary.includes('/') ? resolve(dirname(binary), '..') : '/usr';
  const lib = join(prefix, 'lib');
  // Debian keeps libraries in a folder of the architecture.
  const multiarch = (await readdir(lib).catch(() => [])).filter((name) => name.endsWith('-linux-gnu'));
  const libraries = [...multiarch.map((name) => join(lib, name)), join(prefix, 'lib64'), lib];
  const candidates = libraries.map((library) => join(library, 'opensips/modules/'));
  const exists = await Promise.all(
    candidates.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return candidates.filter((_, index) => exists[index]);
}
