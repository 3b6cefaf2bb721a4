// What every host must do, wherever it is: the same words in, the same results out.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { Host } from '../../src/targets/host.ts';

export interface HostSuite {
  readonly name: string;
  /** Called once all that it needs is there. */
  readonly host: () => Host;
}

const HOSTILE = [
  '',
  ' ',
  '-n',
  '--',
  '$(id)',
  '`id`',
  "'; id; '",
  '"$HOME"',
  'a\\b\\',
  '\n\nlines\n',
  '\t* ? [a]\r',
  '~ !x {a,b} $1 %s %b \\0101',
  'é ü 漢字 😀 \u202e',
  '\x01\x1b[31m\x7f',
];
/** A busy machine takes its time. */
const PATIENT = { timeout: 15_000 };
const MEGABYTE = 1024 ** 2;

export function testHost({ name, host: hostOf }: HostSuite): void {
  describe(name, () => {
    let host: Host;
    let dir = '';
    beforeAll(async () => {
      host = hostOf();
      dir = mkdtempSync(join(tmpdir(), 'siptune-host-suite-'));
    });
    afterAll(() => host.run(['rm', '-rf', '--', dir]));
    const read = async (path: string) => (await host.readFiles([path])).get(path);

    test('arguments, input and output are passed as they are', async () => {
      const printed = await host.run(['printf', '%s\\n--\\n', ...HOSTILE]);
      expect(printed.stdout).toBe(HOSTILE.map((word) => `${word}\n--\n`).join(''));
      for (const input of HOSTILE) expect((await host.run(['cat'], { input })).stdout).toBe(input);
    });

    test('any words at all', async () => {
      const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
      await fc.assert(
        fc.asyncProperty(fc.array(word, { minLength: 30, maxLength: 30 }), async (words) => {
          const { stdout } = await host.run(['printf', '%s\\n--\\n', ...words]);
          expect(stdout).toBe(words.map((one) => `${Buffer.from(one).toString('utf8')}\n--\n`).join(''));
        }),
        { numRuns: 10 },
      );
    });

    test('output and error output are told apart, and an exit status is a result', async () => {
      const result = await host.run(['sh', '-c', 'echo out; echo err >&2; exit 7']);
      expect(result).toEqual({
        exitCode: 7,
        signal: undefined,
        stdout: 'out\n',
        stderr: 'err\n',
        timedOut: false,
        notFound: false,
      });
      expect(await host.run(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ signal: 'SIGTERM' });
      expect(await host.run(['sh', '-c', 'exit 127'])).toMatchObject({ exitCode: 127, notFound: false });
    });

    test('environment and folder are those that were given', async () => {
      const folder = join(dir, 'a b; $(c)');
      await host.run(['mkdir', folder]);
      const env = { SIPTUNE_TEST: `ä 'x' "$HOME"` };
      const result = await host.run(['sh', '-c', 'pwd; printf %s "$SIPTUNE_TEST"'], { cwd: folder, env });
      expect(result.stdout).toBe(`${folder}\n${env.SIPTUNE_TEST}`);
      const nowhere = await host.run(['true'], { cwd: join(dir, 'nowhere') });
      expect(nowhere).toMatchObject({ exitCode: undefined, notFound: false });
      expect(nowhere.stderr).toContain('nowhere');
    });

    test('a missing program is named as such', async () => {
      expect(await host.run(['siptune-no-such-tool', 'x'])).toMatchObject({ notFound: true });
      expect(await host.run([join(dir, 'none')])).toMatchObject({ notFound: true });
      expect(await host.run(['ls', join(dir, 'none')])).toMatchObject({ notFound: false });
      await expect(host.spawn(['siptune-no-such-tool'])).rejects.toThrow(UserError);
      await expect(host.spawn(['sipp'], { env: { PATH: dir } })).rejects.toThrow('sip-tester');
      await expect(host.spawn(['/nonexistent/sipp'], { cpus: '0' })).rejects.toThrow(UserError);
    });

    test('what takes too long is ended, and its children with it', async () => {
      const script = 'echo "$$" >"$1/long"; sleep 600 & wait';
      const result = await host.run(['sh', '-c', script, 'sh', dir], { timeoutMs: 700 });
      expect(result).toMatchObject({ exitCode: undefined, timedOut: true });
      const pid = (await read(join(dir, 'long')))?.trim();
      await expect.poll(async () => (await read(`/proc/${pid}/stat`)) ?? '', PATIENT).toMatch(/^$|\) Z /);
    });

    test('a megabyte each way, and many at once', async () => {
      const big = 'ä0123456789\n'.repeat(MEGABYTE / 13);
      expect((await host.run(['cat'], { input: big })).stdout === big).toBe(true);
      await host.writeFile(join(dir, 'big'), big);
      expect((await read(join(dir, 'big'))) === big).toBe(true);
      const numbers = Array.from({ length: 40 }, (_, index) => String(index));
      const results = await Promise.all(
        numbers.map((n) => host.run(['sh', '-c', 'echo "$1"; echo "$1" >&2; exit "$1"', 'sh', n])),
      );
      expect(results.map(({ exitCode, stdout, stderr }) => [exitCode, stdout, stderr])).toEqual(
        numbers.map((n) => [Number(n), `${n}\n`, `${n}\n`]),
      );
      const slow = host.run(['sleep', '0.5']);
      expect(await Promise.all(numbers.map(() => read('/proc/version')))).not.toContain(null);
      await slow;
    });

    test('input that nobody reads does not disturb what follows', async () => {
      await host.run(['true'], { input: 'x'.repeat(MEGABYTE) });
      expect((await host.run(['echo', 'next'])).stdout).toBe('next\n');
    });

    test('a daemon that a command leaves behind holds up nothing and adds nothing', async () => {
      // It keeps the output of the command, as a daemon does that logs to where it was started.
      const leave = 'setsid sh -c "sleep 3; echo late" & echo $!';
      const { stdout, exitCode } = await host.run(['sh', '-c', leave]);
      expect(exitCode).toBe(0);
      const stat = `/proc/${stdout.trim()}/stat`;
      expect(await read(stat)).toContain('(s');
      await expect.poll(async () => (await read(stat)) ?? '', PATIENT).toMatch(/^$|\) Z /);
      expect((await host.run(['echo', 'next'])).stdout).toBe('next\n');
    });

    test('files are written and read to the byte; what cannot be read is null', async () => {
      const texts = [...HOSTILE, 'no end of line', '\n', 'NUL \0 in it\0'];
      const paths = texts.map((_, index) => join(dir, `file ' " $(x) ${index}`));
      await Promise.all(texts.map((text, index) => host.writeFile(paths[index] ?? '', text)));
      const all = [join(dir, 'missing'), ...paths, dir, '/proc/self/status', '/sys/class/net/lo/mtu'];
      const files = await host.readFiles(all);
      expect([...files.keys()]).toEqual(all);
      expect(paths.map((path) => files.get(path))).toEqual(texts);
      expect([files.get(join(dir, 'missing')), files.get(dir)]).toEqual([null, null]);
      expect(files.get('/proc/self/status')).toContain('Name:');
      expect(files.get('/sys/class/net/lo/mtu')).toBe('65536\n');
      expect(await host.readFiles([])).toEqual(new Map());
    });

    test('an empty file and one that the kernel refuses to read are told apart', async () => {
      await host.writeFile(join(dir, 'empty'), '');
      // Loopback has no speed: reading it is an error.
      const files = await host.readFiles(['/sys/class/net/lo/speed', join(dir, 'empty')]);
      expect([...files.values()]).toEqual([null, '']);
    });

    test('a write that the kernel refuses gives its reason', async () => {
      await expect(host.writeFile('/proc/version', 'x')).rejects.toThrow(/EIO|Input\/output|EACCES|denied/);
      await expect(host.writeFile(join(dir, 'no folder', 'x'), 'x')).rejects.toThrow(
        /no such file|does not exist/i,
      );
    });

    test('settings are written and read back in one go, past what fails', async () => {
      const somaxconn = '/proc/sys/net/core/somaxconn';
      const before = (await read(somaxconn)) ?? '';
      const results = await host.writeFiles([
        { path: somaxconn, text: '5011\n' },
        { path: somaxconn, text: 'many\n' },
        { path: join(dir, 'no folder', 'x'), text: 'x' },
        { path: join(dir, 'é'), text: '-n é $(x)\n' },
      ]);
      const after = await read(somaxconn);
      await host.writeFile(somaxconn, before);
      expect(results).toEqual([
        { state: 'written', readBack: '5011\n' },
        { state: 'failed', reason: expect.stringMatching(/invalid argument/i) },
        { state: 'failed', reason: expect.stringMatching(/no such file/i) },
        { state: 'written', readBack: '-n é $(x)\n' },
      ]);
      expect(after).toBe('5011\n');
      expect(await host.writeFiles([])).toEqual([]);
    });

    test('a spawned program has the process ID that was given, leads a group, and ends by each signal', async () => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGUSR1'] as const) {
        // A shell makes its background jobs deaf to SIGINT.
        const script = signal === 'SIGINT' ? 'exec sleep 600' : 'sleep 600 & exec sleep 600';
        const parent = await host.spawn(['sh', '-c', script], { cpus: '0' });
        const status = `/proc/${parent.pid}/status`;
        await expect.poll(() => read(status), PATIENT).toMatch(/Name:\tsleep[\s\S]*Cpus_allowed_list:\t0\n/);
        expect((await read(`/proc/${parent.pid}/stat`))?.split(' ')[4]).toBe(String(parent.pid));
        const children = await host.run(['ps', '-o', 'pid=', '--ppid', String(parent.pid)]);
        const child = children.stdout.trim();
        parent.kill(signal);
        expect(await parent.exited).toMatchObject({ signal, exitCode: undefined });
        if (child !== '')
          await expect
            .poll(async () => (await read(`/proc/${child}/stat`)) ?? '', PATIENT)
            .toMatch(/^$|\) Z /);
        parent.kill('SIGKILL');
      }
    });

    test('what it wrote is in its result, or in files that grow', async () => {
      const captured = await host.spawn(['sh', '-c', 'echo out; echo err >&2; exit 3']);
      expect(await captured.exited).toMatchObject({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
      const stdoutFile = join(dir, 'out of it');
      for (const word of ['one', 'two'])
        await (
          await host.spawn(['sh', '-c', 'echo "$1"; echo "$1" >&2', 'sh', word], {
            stdoutFile,
            stderrFile: stdoutFile,
            env: { X: 'y' },
          })
        ).exited;
      expect(await read(stdoutFile)).toBe('one\none\ntwo\ntwo\n');
    });

    test('with sweepGroup nothing of its group is left when it has ended', async () => {
      const script = 'trap "" TERM; sleep 600 & echo $!; exit 0';
      const leader = await host.spawn(['sh', '-c', script], { sweepGroup: true });
      const { stdout } = await leader.exited;
      await leader.swept;
      expect((await read(`/proc/${stdout.trim()}/stat`)) ?? '').toMatch(/^$|\) Z /);
    });

    test('the end of what ends at once is told, with a sweep and without', async () => {
      for (const sweepGroup of [true, false])
        for (let n = 0; n < 10; n++) {
          const files = { stdoutFile: join(dir, 'at once'), stderrFile: join(dir, 'at once') };
          const brief = await host.spawn(['false'], { sweepGroup, ...files });
          expect(await brief.exited).toMatchObject({ exitCode: 1 });
          await brief.swept;
        }
    });

    test('inside a namespace that does not exist, that is said', async () => {
      const result = await host.inNetns('siptune-none').run(['true']);
      expect(result).toMatchObject({ notFound: false });
      expect(result.exitCode).not.toBe(0);
      expect(result.stderr).toContain('siptune-none');
    });
  });
}
