// Which SIPp is accepted, and what is said when it is missing or too old.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseSippVersion, requireSipp } from '../../src/load/sipp-facts.ts';
import type { Host } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

/** This machine, but with a PATH on which only the given sipp is found. */
function hostWith(banner: string | null): Host {
  const dir = mkdtempSync(join(tmpdir(), 'siptune-sipp-'));
  dirs.push(dir);
  if (banner !== null) {
    writeFileSync(join(dir, 'sipp'), `#!/bin/sh\necho '\n ${banner}\n'\nexit 99\n`);
    chmodSync(join(dir, 'sipp'), 0o755);
  }
  const host = createLocalHost();
  return { ...host, run: (argv, options) => host.run(argv, { ...options, env: { PATH: dir } }) };
}

test('version and build flags come from the banner', () => {
  expect(parseSippVersion('\n SIPp v3.6.1-SCTP-PCAP-RTPSTREAM.\n\n This program is free')).toEqual({
    version: '3.6.1',
    buildFlags: ['SCTP', 'PCAP', 'RTPSTREAM'],
  });
  expect(parseSippVersion('SIPp v3.7.7.')).toEqual({ version: '3.7.7', buildFlags: [] });
  expect(parseSippVersion('usage: something else')).toBeNull();
});

test.each(['SIPp v3.6.0.', 'SIPp v3.6.1-PCAP.', 'SIPp v3.10.0.', 'SIPp v4.0.'])(
  '%s is accepted',
  async (banner) => {
    await expect(requireSipp(hostWith(banner))).resolves.toMatchObject({ version: expect.any(String) });
  },
);

test('an old SIPp is refused with its version and the one that is needed', async () => {
  await expect(requireSipp(hostWith('SIPp v3.5.2-TLS.'))).rejects.toThrow(/3\.5\.2 is too old.*3\.6/);
});

test('a missing SIPp is named by its Debian package', async () => {
  await expect(requireSipp(hostWith(null))).rejects.toThrow(/sip-tester/);
});

test('something else called sipp is not taken for SIPp', async () => {
  await expect(requireSipp(hostWith('hello'))).rejects.toThrow(/did not print a version.*hello/);
});
