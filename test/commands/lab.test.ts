// siptune lab, as far as it can be seen without building one.
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import type { CommandIo } from '../../src/commands/command-io.ts';
import { lab } from '../../src/commands/lab.ts';
import type { Host } from '../../src/targets/host.ts';
import { createLab } from '../../src/targets/lab/lab.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { startHolder, statePath } from '../support/safety-target.ts';

const isRoot = process.getuid?.() === 0;

const silent: CommandIo = {
  out: () => {},
  err: () => {},
  lines: async function* () {},
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

describe.skipIf(!isRoot)('while a campaign runs', () => {
  test.each(['up', 'down'] as const)(
    '%s is refused with its name, and nothing is touched',
    async (action) => {
      const { holder } = await startHolder('c1');
      try {
        const refused = await lab(action, { json: false }, silent, statePath).catch(
          (error: unknown) => error,
        );
        expect(refused).toMatchObject({ name: 'UserError', exitStatus: 3 });
        expect((refused as Error).message).toMatch(
          new RegExp(`no "siptune lab ${action}" while a campaign runs: .*c1.*kill -INT ${holder.pid}`),
        );
      } finally {
        holder.kill('SIGKILL');
        await holder.exited;
      }
    },
  );
});

describe('a machine that cannot carry a lab is told so, and nothing is built', () => {
  test('without root', async () => {
    // Root is dropped only when everything is loaded: the tree may stand where nobody else may look.
    const said = await upInAnotherProcess(
      [],
      `if (process.getuid() === 0) {
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
    }`,
    );
    expect(said).toMatch(/^3 .*need root.*sudo/);
  });

  test.skipIf(!isRoot)('root of a container that may not make namespaces', async () => {
    const said = await upInAnotherProcess(['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin']);
    expect(said).toMatch(/^3 .*no new network namespace.*CAP_SYS_ADMIN/);
  });

  test.skipIf(!isRoot)('without iproute2', async () => {
    const path = (tool: string) => execaSync('sh', ['-c', 'command -v "$0"', tool]).stdout;
    const dir = await mkdtemp(join(tmpdir(), 'siptune-path-'));
    for (const tool of ['id', 'getconf', 'uname', 'taskset', 'unshare', 'kill'])
      await symlink(path(tool), join(dir, tool));
    const said = await upInAnotherProcess([], `process.env.PATH = ${JSON.stringify(dir)};`);
    await rm(dir, { recursive: true });
    expect(said).toMatch(/^3 .*: ip, tc not found.*package iproute2/);
  });

  test.skipIf(!isRoot)('with one CPU', async () => {
    const machine = createLocalHost();
    const oneCpu: Host = {
      ...machine,
      readFiles: async (paths) =>
        new Map([...(await machine.readFiles(paths)), ['/proc/cpuinfo', 'processor\t: 0\n']]),
    };
    await expect(createLab(oneCpu).up()).rejects.toThrow(/has 1 CPU.*at least 2/);
  });
});

async function upInAnotherProcess(prefix: readonly string[], before = ''): Promise<string> {
  const source = `
    import { createLab } from './src/targets/lab/lab.ts';
    import { createLocalHost } from './src/targets/local-host.ts';
    ${before}
    await createLab(createLocalHost()).up().catch((e) => console.log(e.exitStatus, e.message));`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', source];
  const [file, ...args] = [...prefix, ...node] as [string, ...string[]];
  return (await execa(file, args)).stdout;
}
