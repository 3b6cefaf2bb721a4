// Who holds a lease: enough to name the process to people, and to tell whether it is still there.
import { readFile, readlink } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { BOOT_ID } from '../targets/boot-id.ts';

export interface LeaseOwner {
  readonly campaign: string;
  /** The machine that siptune runs on. */
  readonly host: string;
  readonly pid: number;
  /** In clock ticks since boot: with the PID, it names one process. */
  readonly processStart: string;
  readonly bootId: string;
  /** A PID means something only inside its PID namespace. */
  readonly pidNamespace: string;
  readonly startedAt: string;
  readonly user: string;
}

/** This process. */
export async function describeOwner(campaign: string, startedAt: string): Promise<LeaseOwner> {
  return {
    campaign,
    host: hostname(),
    pid: process.pid,
    processStart: processStartOf(await readFile('/proc/self/stat', 'utf8').catch(() => null)) ?? '',
    bootId: (await readFile(BOOT_ID, 'utf8').catch(() => '')).trim(),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(() => ''),
    startedAt,
    user: process.env.SUDO_USER ?? userInfo().username,
  };
}

/** The 22nd field of /proc/PID/stat; null for a process that is gone or waits for its parent's notice. */
export function processStartOf(stat: string | null): string | null {
  if (stat === null) return null;
  // A program's name may contain blanks and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? null : (fields[18] ?? null);
}

/** Whether the owner's process is there; null where it runs, or ran, on another machine or in another container than this one. */
export async function isRunningHere(owner: LeaseOwner): Promise<boolean | null> {
  const bootId = (await readFile(BOOT_ID, 'utf8').catch(() => '')).trim();
  const pidNamespace = await readlink('/proc/self/ns/pid').catch(() => '');
  if (bootId === '' || owner.bootId !== bootId || owner.pidNamespace !== pidNamespace) return null;
  const stat = await readFile(`/proc/${owner.pid}/stat`, 'utf8').catch(() => null);
  return processStartOf(stat) === owner.processStart;
}

/** null for what is damaged. */
export function parseOwner(text: string): LeaseOwner | null {
  try {
    const value: Partial<LeaseOwner> | null = JSON.parse(text);
    return typeof value?.campaign === 'string' && Number.isSafeInteger(value.pid)
      ? (value as LeaseOwner)
      : null;
  } catch {
    return null;
  }
}

export function nameOf(owner: LeaseOwner): string {
  return `campaign ${owner.campaign} (process ${owner.pid} of ${owner.user} on ${owner.host}, since ${owner.startedAt})`;
}
