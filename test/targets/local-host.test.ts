// This machine as a host, on real commands and files.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const host = createLocalHost();
/** A busy machine takes its time. */
const PATIENT = { timeout: 10_000 };
let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'siptune-host-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('run', () => {
  test('passes arguments as they are: no shell looks at them', async () => {
    const argument = `a b; $(id) 'x' "y" * \n`;
    expect((await host.run(['printf', '%s', argument])).stdout).toBe(argument);
  });

  test('a non-zero exit is a result', async () => {
    expect(await host.run(['false'])).toMatchObject({ exitCode: 1, notFound: false, timedOut: false });
  });

  test('a missing executable is named as such', async () => {
    const result = await host.run(['siptune-no-such-tool']);
    expect(result).toMatchObject({ exitCode: undefined, notFound: true });
    expect(result.stderr).toContain('siptune-no-such-tool');
  });

  test('a missing working directory is not taken for a missing executable', async () => {
    const result = await host.run(['true'], { cwd: join(dir, 'nowhere') });
    expect(result.notFound).toBe(false);
    expect(result.stderr).toContain('nowhere');
  });

  test('a command that takes too long is ended', async () => {
    expect(await host.run(['sleep', '60'], { timeoutMs: 100 })).toMatchObject({ timedOut: true });
  });

  test('input reaches standard input', async () => {
    expect((await host.run(['cat'], { input: 'one\ntwo\n' })).stdout).toBe('one\ntwo\n');
  });
});

describe('files', () => {
  test('what is missing or unreadable is null, the rest is read', async () => {
    const path = join(dir, 'with space; and $(more)');
    await host.writeFile(path, 'ä\n');
    const files = await host.readFiles([path, join(dir, 'missing'), dir, '/proc/self/status']);
    expect(files.get(path)).toBe('ä\n');
    expect(files.get(join(dir, 'missing'))).toBeNull();
    expect(files.get(dir)).toBeNull();
    expect(files.get('/proc/self/status')).toContain('Name:');
  });

  test('a write that the kernel refuses says why', async () => {
    await expect(host.writeFile('/proc/version', 'x')).rejects.toThrow(/EACCES|EPERM|EIO|EINVAL/);
  });
});

describe('spawn', () => {
  test('leads a process group, so that kill ends its children as well', async () => {
    const stdoutFile = join(dir, 'child');
    const parent = await host.spawn(['sh', '-c', 'sleep 600 & echo $!; wait'], { stdoutFile });
    const stat = (await host.readFiles([`/proc/${parent.pid}/stat`])).get(`/proc/${parent.pid}/stat`) ?? '';
    expect(stat.split(' ')[4]).toBe(String(parent.pid));
    await expect.poll(() => readFile(stdoutFile, 'utf8'), PATIENT).toMatch(/^\d+\n$/);
    const child = (await readFile(stdoutFile, 'utf8')).trim();
    parent.kill('SIGTERM');
    expect(await parent.exited).toMatchObject({ signal: 'SIGTERM' });
    // Gone, or waiting for its new parent to take note of it.
    const path = `/proc/${child}/stat`;
    await expect
      .poll(async () => (await host.readFiles([path])).get(path) ?? 'gone', PATIENT)
      .toMatch(/gone|\) Z /);
    parent.kill('SIGKILL');
  });

  test('appends output to files', async () => {
    const stdoutFile = join(dir, 'out');
    for (const word of ['one', 'two']) await (await host.spawn(['echo', word], { stdoutFile })).exited;
    expect(await readFile(stdoutFile, 'utf8')).toBe('one\ntwo\n');
  });

  test('with CPUs the process is pinned and still the program’s own', async () => {
    const pinned = await host.spawn(['sleep', '600'], { cpus: '0' });
    const path = `/proc/${pinned.pid}/status`;
    await expect
      .poll(async () => (await host.readFiles([path])).get(path), PATIENT)
      .toMatch(/Name:\tsleep[\s\S]*Cpus_allowed_list:\t0\n/);
    pinned.kill('SIGKILL');
    await pinned.exited;
  });

  test.each([undefined, '0'])(
    'a missing executable is a UserError that says what to do (CPUs %s)',
    async (cpus) => {
      const options = cpus === undefined ? {} : { cpus };
      await expect(host.spawn(['/nonexistent/sipp'], options)).rejects.toThrow(UserError);
      await expect(host.spawn(['sipp'], { ...options, env: { PATH: dir } })).rejects.toThrow('sip-tester');
    },
  );
});
