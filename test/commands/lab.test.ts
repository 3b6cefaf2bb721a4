// siptune lab, as far as it can be seen without building one.
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { CommandIo } from '../../src/commands/command-io.ts';
import { lab } from '../../src/commands/lab.ts';

const silent: CommandIo = {
  out: () => {},
  err: () => {},
  isTerminal: false,
  signal: new AbortController().signal,
  env: {},
};

describe('egress', () => {
  test.each(['20', '20 furlongs', '0 Mbit/s', '1 bit/s', '1000 Gbit/s'])('%s is refused', async (egress) => {
    await expect(lab('up', { json: false, egress }, silent)).rejects.toMatchObject({
      name: 'UserError',
      exitStatus: 2,
    });
  });

  test('belongs to up', async () => {
    await expect(lab('down', { json: false, egress: '1 Mbit/s' }, silent)).rejects.toThrow('siptune lab up');
  });
});

test('without root, up says so at once and builds nothing', async () => {
  // Root is dropped only when everything is loaded: the tree may stand where nobody else may look.
  const source = `
    import { createLab } from './src/targets/lab/lab.ts';
    import { createLocalHost } from './src/targets/local-host.ts';
    if (process.getuid() === 0) {
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
    }
    await createLab(createLocalHost()).up().catch((e) => console.log(e.exitStatus, e.message));`;
  const { stdout } = await execa(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '--eval',
    source,
  ]);
  expect(stdout).toMatch(/^3 .*need root.*sudo/);
});
