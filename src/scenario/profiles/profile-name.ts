// Names of contenders: what a profile may be called, one made out of a file's name, and two of one name told apart.
import { basename, dirname } from 'node:path';

/** What a campaign calls the configuration that it found. */
export const TAKEN = 'current';

const LONGEST = 40;

export function isProfileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._ -]{0,39}$/.test(name);
}

/** For a file that says no name of its own: 90-sip.conf → "90-sip", network-latency/tuned.conf → "network-latency". */
export function nameOfFile(file: string): string {
  const name = basename(file);
  if (name === 'tuned.conf' || name === 'result.json') {
    const folder = basename(dirname(file));
    if (/^\w/.test(folder)) return asProfileName(folder);
  }
  return asProfileName(name.replace(/\.(conf|json|ya?ml)$/i, ''));
}

/** The nearest name that a profile may have. */
export function asProfileName(text: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9._ -]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST)
    .trimEnd();
  return name === '' ? 'profile' : name;
}

/** The name itself, or with the first number that nobody has yet: "article-2". */
export function apart(name: string, others: readonly string[]): string {
  const taken = new Set([TAKEN, ...others]);
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const candidate = `${name.slice(0, LONGEST - suffix.length)}${suffix}`;
    if (!taken.has(candidate)) return candidate;
  }
}
