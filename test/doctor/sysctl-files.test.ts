// Which sysctl file wins: the order of sysctl(8) and sysctl.d(5).
import { expect, test } from 'vitest';
import { parseSysctlFile, readSysctlFiles } from '../../src/doctor/sysctl-files.ts';
import { createFakeHost } from '../support/fake-host.ts';

const winner = async (files: Record<string, string>, key = 'net.core.rmem_max') => {
  const listed = Object.keys(files).filter((path) => path.includes('.d/'));
  const host = createFakeHost({
    commands: { find: { stdout: `${listed.join('\n')}\n`, exitCode: 1 } },
    files,
  });
  return (await readSysctlFiles(host)).settings.get(key);
};

test('the later name wins, whatever its folder', async () => {
  expect(
    await winner({
      '/etc/sysctl.d/10-a.conf': 'net.core.rmem_max=1\n',
      '/usr/lib/sysctl.d/50-b.conf': 'net.core.rmem_max=2\n',
    }),
  ).toMatchObject({ value: '2', path: '/usr/lib/sysctl.d/50-b.conf' });
});

test('a file in /etc hides the one of the same name', async () => {
  expect(
    await winner({
      '/usr/lib/sysctl.d/50-b.conf': 'net.core.rmem_max=2\n',
      '/etc/sysctl.d/50-b.conf': '# nothing\n',
    }),
  ).toBeUndefined();
});

test('/etc/sysctl.conf is read last', async () => {
  expect(
    await winner({
      '/etc/sysctl.conf': 'net.core.rmem_max=3\n',
      '/etc/sysctl.d/99-z.conf': 'net.core.rmem_max=2\n',
    }),
  ).toMatchObject({ value: '3', path: '/etc/sysctl.conf', line: 1 });
});

test('lines in their forms: comments, blanks, slashes, a minus, several values', () => {
  const text = [
    '# net.core.rmem_max = 9',
    ' ; net.core.rmem_max = 8',
    'net/core/rmem_max  =  5 ',
    '-net.core.wmem_max = 6',
    'net.ipv4.tcp_rmem = 4096\t87380   16777216',
    'nonsense',
    '= 7',
  ].join('\r\n');
  expect(
    [...parseSysctlFile(text.replaceAll('\r', ''), 'f')].map(([key, { value, line }]) => [key, value, line]),
  ).toEqual([
    ['net.core.rmem_max', '5', 3],
    ['net.core.wmem_max', '6', 4],
    ['net.ipv4.tcp_rmem', '4096 87380 16777216', 5],
  ]);
});
