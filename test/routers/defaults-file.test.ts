// /etc/default/<router>: two numbers change, and not a byte more.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDefaults, withDefaults, withSizesOf } from '../../src/routers/defaults-file.ts';

const SIZES = { shmMib: 512, pkgMib: 16 };

/** As the packages ship them. */
const KAMAILIO = '# Amount of shared and private memory\n#SHM_MEMORY=64\n#PKG_MEMORY=8\n\n#DUMP_CORE=yes\n';
const OPENSIPS = 'RUN_OPENSIPS=yes\n\nS_MEMORY=64\nP_MEMORY=4\n\nOPTIONS=""\n';

test('a packaged file: commented sizes are not set, and are added at the end', () => {
  expect(readDefaults(KAMAILIO, 'kamailio')).toEqual({});
  expect(withDefaults(KAMAILIO, 'kamailio', SIZES)).toBe(`${KAMAILIO}SHM_MEMORY=512\nPKG_MEMORY=16\n`);
});

test('a packaged file: sizes that are set change where they stand', () => {
  expect(readDefaults(OPENSIPS, 'opensips')).toEqual({ shmMib: 64, pkgMib: 4 });
  expect(withDefaults(OPENSIPS, 'opensips', SIZES)).toBe(
    OPENSIPS.replace('=64', '=512').replace('=4', '=16'),
  );
});

test('quotes, spaces, comments and the last of several', () => {
  const text = '  export SHM_MEMORY="64" # MB\r\nSHM_MEMORY=128\nMY_SHM_MEMORY=1\nPKG_MEMORY=\'8\'';
  expect(readDefaults(text, 'kamailio')).toEqual({ shmMib: 128, pkgMib: 8 });
  expect(withDefaults(text, 'kamailio', SIZES)).toBe(
    '  export SHM_MEMORY="512" # MB\r\nSHM_MEMORY=512\nMY_SHM_MEMORY=1\nPKG_MEMORY=\'16\'',
  );
});

test('a last line without an end gets one before something is added', () => {
  expect(withDefaults('USER=sip', 'opensips', SIZES)).toBe('USER=sip\nS_MEMORY=512\nP_MEMORY=16\n');
  expect(withDefaults('', 'opensips', SIZES)).toBe('S_MEMORY=512\nP_MEMORY=16\n');
});

test('whatever the file: what was written is read, other lines stay, and again changes nothing', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('SHM_MEMORY=64', 'PKG_MEMORY="8" # x', '#SHM_MEMORY=1', ' PKG_MEMORY=', 'SHM_MEMORY=$X'),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.join('\n');
      const written = withDefaults(text, 'kamailio', SIZES);
      expect(readDefaults(written, 'kamailio')).toEqual(SIZES);
      expect(withDefaults(written, 'kamailio', SIZES)).toBe(written);
      const others = (all: string) =>
        all.split('\n').filter((one) => !/^[ \t]*(export[ \t]+)?(SHM|PKG)_MEMORY=/.test(one));
      expect(others(written).join('\n').trimEnd()).toBe(others(text).join('\n').trimEnd());
    }),
  );
});

describe('the way back', () => {
  test('is byte for byte what was recorded', () => {
    for (const recorded of [KAMAILIO, OPENSIPS, 'USER=sip', '', 'SHM_MEMORY=$X # MB\r\n'])
      expect(withSizesOf(withDefaults(recorded, 'kamailio', SIZES), recorded)).toBe(recorded);
  });

  test('keeps what somebody else has edited since', () => {
    const edited = withDefaults(OPENSIPS, 'opensips', SIZES).replace('OPTIONS=""', 'OPTIONS="-x"');
    expect(withSizesOf(edited, OPENSIPS)).toBe(OPENSIPS.replace('OPTIONS=""', 'OPTIONS="-x"'));
    const added = `${withDefaults(KAMAILIO, 'kamailio', SIZES)}USER=sip\n`;
    expect(withSizesOf(added, KAMAILIO)).toBe(`${KAMAILIO}USER=sip\n`);
  });

  test('brings nothing else of the record into the file', () => {
    const passwd = 'root:x:0:0::/root:/bin/sh\n';
    expect(withSizesOf(passwd, 'evil::0:0::/:/bin/sh\n')).toBe(passwd);
  });
});
