// What a running router was started with.
import { expect, test } from 'vitest';
import { parseCommandLine } from '../../src/routers/command-line.ts';

const cmdline = (...args: string[]) => `${args.join('\0')}\0`;

test('the command lines of the packages', () => {
  const started = '/usr/sbin/kamailio -P /run/kamailio/kamailio.pid -f /etc/kamailio/kamailio.cfg -m 64 -M 8';
  expect(parseCommandLine(cmdline(...started.split(' ')))).toEqual({
    config: '/etc/kamailio/kamailio.cfg',
    settings: { shmMib: 64, pkgMib: 8 },
  });
});

test('values right behind their option, the last of several, and none at all', () => {
  expect(parseCommandLine(cmdline('opensips', '-m64', '-n', '4', '-m', '128', '-b300000'))).toEqual({
    config: undefined,
    settings: { shmMib: 128, workers: 4, maxbufferBytes: 300_000 },
  });
  expect(parseCommandLine('')).toEqual({ config: undefined, settings: {} });
  expect(parseCommandLine(cmdline('kamailio', '-m'))).toEqual({ config: undefined, settings: {} });
});

test('the memory manager, by one name for both products; another -a is none', () => {
  const allocatorIn = (...args: string[]) => parseCommandLine(cmdline(...args)).settings.allocator;
  expect(allocatorIn('kamailio', '-x', 'fm', '-X', 'qm')).toBe('fm');
  expect(allocatorIn('opensips', '-a', 'HP_MALLOC')).toBe('hp');
  expect(allocatorIn('opensips', '-a', 'Q_MALLOC', '-s', 'F_PARALLEL_MALLOC')).toBe('fp');
  expect(allocatorIn('kamailio', '-a', 'no')).toBeUndefined();
});
