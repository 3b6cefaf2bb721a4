// Every setting of the kernel that siptune could have in its catalogue, and many more: read from its files before the first
// campaign, compared after each fault. Nothing here knows what siptune does.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Settings = ReadonlyMap<string, string>;

export interface Change {
  readonly path: string;
  readonly was: string;
  readonly is: string;
}

const PLACES = [
  '/proc/sys/net/core',
  '/proc/sys/net/ipv4',
  '/proc/sys/vm',
  '/proc/sys/fs',
  '/proc/sys/kernel',
] as const;
const NETWORK_DEVICES = '/sys/class/net';
/** They change by themselves, or reading them is an action. */
const RESTLESS =
  /\/(?:random\/|ns_last_pid|.*_state$|.*-state$|inode-nr|file-nr|stat_refresh|.*flush.*|.*cookie.*|perf_.*|.*_key$)/;
const WRITABLE = 0o200;

export function readSettings(): Settings {
  const files = [
    ...PLACES.flatMap(filesBelow),
    ...readdirSync(NETWORK_DEVICES).map((device) => join(NETWORK_DEVICES, device, 'tx_queue_len')),
  ];
  return new Map(files.flatMap((path) => settingIn(path)));
}

export function changesSince(before: Settings): readonly Change[] {
  const now = readSettings();
  return [...before].flatMap(([path, was]) => {
    const is = now.get(path) ?? '(gone)';
    return is === was ? [] : [{ path, was, is }];
  });
}

/** What siptune lost must not spoil the next campaign, nor stay on the machine. */
export function writeBack(changes: readonly Change[]): void {
  for (const { path, was } of changes) {
    try {
      writeFileSync(path, was);
    } catch (error) {
      process.stderr.write(`cannot write ${path} back (it was ${was.trim()}): ${error}\n`);
    }
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return RESTLESS.test(path) ? [] : [path];
  });
}

function settingIn(path: string): readonly (readonly [string, string])[] {
  try {
    return (statSync(path).mode & WRITABLE) === 0 ? [] : [[path, readFileSync(path, 'utf8')]];
  } catch {
    return [];
  }
}
