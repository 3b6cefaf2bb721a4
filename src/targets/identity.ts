// What tells this target from others like it: its name, its machine ID and the router's configuration. Digests only: none of
// their text is anybody's business.
import { createHash } from 'node:crypto';
import type { Target } from './target.ts';

const MACHINE_ID = '/etc/machine-id';

export async function readIdentity(
  { machine, facts }: Target,
  routerConfig: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const paths = [MACHINE_ID, ...(routerConfig === undefined ? [] : [routerConfig])];
  const texts = await machine.readFiles(paths);
  const digest = (path: string) =>
    createHash('sha256')
      .update(texts.get(path) ?? '')
      .digest('hex')
      .slice(0, 16);
  return {
    hostname: facts.hostname,
    [MACHINE_ID]: digest(MACHINE_ID),
    ...(routerConfig === undefined ? {} : { [routerConfig]: digest(routerConfig) }),
  };
}
