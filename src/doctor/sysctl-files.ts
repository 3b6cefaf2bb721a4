// What sysctl --system would set at the next boot: all of its files, in its order, the last one wins (sysctl(8), sysctl.d(5)).
import type { Host } from '../targets/host.ts';

export interface SysctlSetting {
  readonly value: string;
  readonly path: string;
  readonly line: number;
}

export interface SysctlFiles {
  /** By key, with dots; the setting that wins. */
  readonly settings: ReadonlyMap<string, SysctlSetting>;
  /** False where the folders could not be listed: only the classic file was read then. */
  readonly complete: boolean;
}

/** A file hides those of the same name in the folders behind its own. */
const FOLDERS = [
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/local/lib/sysctl.d',
  '/usr/lib/sysctl.d',
  '/lib/sysctl.d',
];
/** Read last, whatever its name. */
const CLASSIC = '/etc/sysctl.conf';

export async function readSysctlFiles(host: Host): Promise<SysctlFiles> {
  // Missing folders make find(1) complain, and the rest is printed all the same.
  const listed = await host.run(['find', ...FOLDERS, '-maxdepth', '1', '-name', '*.conf']);
  const paths = inOrder(listed.stdout.split('\n').filter((path) => path.startsWith('/')));
  const texts = await host.readFiles([...paths, CLASSIC]);
  const settings = new Map<string, SysctlSetting>();
  for (const path of [...paths, CLASSIC])
    for (const [key, setting] of parseSysctlFile(texts.get(path) ?? '', path)) settings.set(key, setting);
  return { settings, complete: !listed.notFound && !listed.timedOut };
}

/** By file name, in bytes; of the same name the one in the foremost folder. */
function inOrder(paths: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  const rank = (path: string) => FOLDERS.indexOf(path.slice(0, path.lastIndexOf('/')));
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const known = byName.get(name);
    if (known === undefined || rank(path) < rank(known)) byName.set(name, path);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** "key = value", "-key = value" (an error is ignored), "/" or "." between the parts; "#" and ";" begin comments. */
export function parseSysctlFile(text: string, path: string): ReadonlyMap<string, SysctlSetting> {
  const settings = new Map<string, SysctlSetting>();
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^\s*-?([^\s#;=][^\s=]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (!match) continue;
    const [, key = '', value = ''] = match;
    settings.set(key.replaceAll('/', '.'), { value: value.replace(/\s+/g, ' '), path, line: index + 1 });
  }
  return settings;
}
