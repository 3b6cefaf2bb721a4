// Which SIPp is there. Older ones lack options and counters that the load relies on.
import { EXIT, UserError } from '../errors.ts';
import type { Host } from '../targets/host.ts';

export interface SippFacts {
  /** As printed, without the build flags: "3.6.1". */
  readonly version: string;
  /** "SCTP", "PCAP", "RTPSTREAM", … */
  readonly buildFlags: readonly string[];
}

const OLDEST = { major: 3, minor: 6 };

/** Reads the banner of `sipp -v`; null when it is not one. */
export function parseSippVersion(banner: string): SippFacts | null {
  const match = /SIPp v(\d+(?:\.\d+)+)((?:-[A-Za-z0-9]+)*)/.exec(banner);
  if (match === null) return null;
  return {
    version: match[1] as string,
    buildFlags: (match[2] ?? '').split('-').filter((flag) => flag !== ''),
  };
}

/** Rejects with a UserError when SIPp is missing on this host or too old. */
export async function requireSipp(host: Host): Promise<SippFacts> {
  const result = await host.run(['sipp', '-v']);
  if (result.notFound)
    throw new UserError(
      `SIPp is not installed (${host.label}): install the Debian package sip-tester (apt-get install sip-tester)`,
      EXIT.unsafe,
    );
  // sipp -v ends with status 99, so only what it prints counts.
  const facts = parseSippVersion(result.stdout + result.stderr);
  if (facts === null)
    throw new UserError(
      `"sipp -v" did not print a version (${host.label}): ${firstLine(result.stdout + result.stderr)}; siptune needs SIPp 3.6 or later`,
      EXIT.unsafe,
    );
  const [major = 0, minor = 0] = facts.version.split('.').map(Number);
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor))
    throw new UserError(
      `SIPp ${facts.version} is too old (${host.label}): siptune needs 3.6 or later, as in the Debian package sip-tester of Debian 12`,
      EXIT.unsafe,
    );
  return facts;
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.trim() || '(nothing)';
}
