// Another machine over real SSH: what is said when it cannot be reached, sudo, links that are cut, and what is left behind.
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT, UserError } from '../../src/errors.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { createSshHost, type SshHost } from '../../src/targets/ssh/ssh-host.ts';
import { freePort, noSshServer, type SshServer, startSshServer } from '../support/ssh-server.ts';
import { startTcpRelay, type TcpRelay } from '../support/tcp-relay.ts';

const USER = 'siptune-test';
const SUDOERS = `/etc/sudoers.d/${USER}`;
/** ssh finds out that a link is dead within 15 s; siptune gives up on its own after some more. */
const BOUNDED_MS = 40_000;

const machine = createLocalHost();

describe.skipIf(noSshServer)(noSshServer ?? 'SSH', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterAll(() => server.stop());

  const hostAt = (options: { configFile?: string; user?: string; name?: string; port?: number } = {}) =>
    createSshHost({
      user: 'root',
      name: '127.0.0.1',
      port: server.port,
      configFile: server.configFile,
      ...options,
    });

  /** What the operator is told; the exit status is checked here. */
  const refusal = async (host: SshHost): Promise<string> => {
    const error = await host.connect().catch((thrown: unknown) => thrown);
    await host.close();
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).exitStatus).toBe(EXIT.unsafe);
    return (error as UserError).message;
  };

  describe('what is said when the machine cannot be worked on', () => {
    test('the key is refused', async () => {
      const configFile = await server.configWith('no-key', 'PubkeyAuthentication no');
      const said = await refusal(hostAt({ configFile }));
      expect(said).toMatch(/^cannot work on ssh:\/\/root@127\.0\.0\.1:\d+: .*keys.*Permission denied/);
      expect(said).toContain('authorized_keys');
    });

    test('the host key is unknown, also where the configuration would not mind', async () => {
      const first = ['UserKnownHostsFile /dev/null', 'StrictHostKeyChecking no'];
      const said = await refusal(hostAt({ configFile: await server.configWith('careless', ...first) }));
      expect(said).toContain('host key is unknown');
      expect(said).toContain('fingerprint');
    });

    test('the host key is another one', async () => {
      const other = join(server.folder, 'other-hosts');
      const key = await machine.run(['ssh-keygen', '-y', '-f', join(server.folder, 'user-key')]);
      await writeFile(other, `siptune-test ${key.stdout}`);
      const configFile = await server.configWith('changed', `UserKnownHostsFile ${other}`);
      const said = await refusal(hostAt({ configFile }));
      expect(said).toContain('not the one in known_hosts');
      expect(said).toContain('ssh-keygen -R');
    });

    test('the name does not resolve, the port is closed, no SSH answers there', async () => {
      expect(await refusal(hostAt({ name: 'none.invalid' }))).toContain('name cannot be resolved');
      expect(await refusal(hostAt({ port: await freePort() }))).toContain('nothing listens on its SSH port');
      const rude = createServer((socket) => socket.end('220 mail\r\n'));
      await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
      const { port } = rude.address() as { port: number };
      expect(await refusal(hostAt({ port }))).toContain('must work without questions');
      rude.close();
    });

    test('a machine that takes the connection and then says nothing', { timeout: BOUNDED_MS }, async () => {
      const relay = await startTcpRelay(server.port);
      relay.freeze();
      expect(await refusal(hostAt({ port: relay.port }))).toContain('it does not answer');
      await relay.close();
    });
  });

  // Debian's package sudo is not on every machine.
  describe.skipIf(!existsSync('/usr/bin/sudo'))('a user who is not root', () => {
    beforeAll(async () => {
      // "*": no password, and not locked either.
      await machine.run(['useradd', '-M', '-N', '-s', '/bin/sh', '-p', '*', USER]);
    });
    afterAll(async () => {
      await machine.run(['rm', '-f', SUDOERS]);
      await machine.run(['userdel', USER]);
    });

    test('sudo that asks is named; without questions everything is done as root', async () => {
      expect(await refusal(hostAt({ user: USER }))).toMatch(/sudo (?:asks for a password|does not let)/);
      await writeFile(SUDOERS, `Defaults use_pty\n${USER} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
      const host = hostAt({ user: USER });
      expect((await host.run(['id', '-u'])).stdout).toBe('0\n');
      expect((await host.run(['cat'], { input: 'through sudo\n' })).stdout).toBe('through sudo\n');
      const owned = join(server.folder, 'root-owned');
      await writeFile(owned, 'before', { mode: 0o600 });
      await host.writeFile(owned, 'after');
      expect((await host.readFiles([owned])).get(owned)).toBe('after');
      const sleeper = await host.spawn(['sleep', '600']);
      sleeper.kill('SIGTERM');
      expect((await sleeper.exited).signal).toBe('SIGTERM');
      await host.close();
    });
  });

  describe('the link', () => {
    let relay: TcpRelay;
    let host: SshHost;
    beforeAll(async () => {
      relay = await startTcpRelay(server.port);
      host = hostAt({ port: relay.port });
    });
    afterAll(async () => {
      await host.close();
      await relay.close();
    });

    test('each call is one round trip, and reads of the same moment share one', async () => {
      await host.connect();
      await host.run(['true']);
      const roundTrips = async (call: () => Promise<unknown>) => {
        // Longer than anything that the client acknowledges by itself.
        await new Promise((resolve) => setTimeout(resolve, 200));
        relay.roundTrips();
        await call();
        return relay.roundTrips();
      };
      const files = manyFiles(server.folder);
      expect(await roundTrips(() => host.run(['true']))).toBe(1);
      expect(await roundTrips(() => host.writeFiles(files))).toBe(1);
      expect(await roundTrips(() => Promise.all(files.map(({ path }) => host.readFiles([path]))))).toBe(1);
      expect(await roundTrips(() => host.spawn(['sleep', '1']))).toBe(1);
    });

    test('when it is cut every call ends with the reason; the next one connects anew', {
      timeout: 3 * BOUNDED_MS,
    }, async () => {
      const sleeper = await host.spawn(['sleep', '600']);
      const running = host.run(['sleep', '2']).catch((error: unknown) => error);
      relay.freeze();
      const startMs = performance.now();
      const calls = [
        running,
        host.run(['true']),
        host.readFiles(['/proc/version']),
        host.writeFile('/dev/null', 'x'),
        host.spawn(['true']),
      ].map((call) => Promise.resolve(call).catch((error: unknown) => error));
      for (const error of await Promise.all(calls)) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).message).toMatch(/connection to ssh:.* was lost/);
        expect((error as UserError).exitStatus).toBe(EXIT.unsafe);
      }
      const end = await sleeper.exited;
      expect(end).toMatchObject({ exitCode: undefined, signal: undefined });
      expect(end.stderr).toContain(`process ${sleeper.pid} may still run`);
      expect(performance.now() - startMs).toBeLessThan(BOUNDED_MS);
      // Still cut: said, and said again at once.
      await expect(host.run(['true'])).rejects.toThrow('it does not answer');
      const againMs = performance.now();
      await expect(host.run(['true'])).rejects.toThrow('it does not answer');
      expect(performance.now() - againMs).toBeLessThan(5_000);

      relay.thaw();
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      expect((await host.run(['echo', 'back'])).stdout).toBe('back\n');
      const stat = `/proc/${sleeper.pid}/stat`;
      expect((await host.readFiles([stat])).get(stat)).toContain('sleep');
      sleeper.kill('SIGKILL');
      await expect.poll(async () => (await host.readFiles([stat])).get(stat) ?? '').toMatch(/^$|\) Z /);
    });
  });

  test('what is to end with the link ends with it, also after a cut; the rest goes on', async () => {
    const runs = async (pid: number) =>
      (await machine.run(['ps', '-o', 'stat=', '-p', String(pid)])).stdout.trim();
    const relay = await startTcpRelay(server.port);
    for (const end of [async (host: SshHost) => host.close(), async () => relay.cut()]) {
      const host = hostAt({ port: relay.port });
      const tied = await host.spawn(['sh', '-c', 'sleep 600 & wait'], { endsWithLink: true });
      const free = await host.spawn(['sleep', '600']);
      await end(host);
      await expect.poll(() => runs(tied.pid), { timeout: 5_000 }).toMatch(/^(Z.*)?$/);
      expect((await tied.exited).exitCode).toBeUndefined();
      // Its child as well; what is dead may wait for its parent's notice.
      const group = async () => (await machine.run(['ps', '-o', 'stat=', '-g', String(tied.pid)])).stdout;
      await expect.poll(group, { timeout: 5_000 }).toMatch(/^(Z.*\n)*$/);
      expect(await runs(free.pid)).toMatch(/^S/);
      process.kill(free.pid, 'SIGKILL');
      await host.close();
    }
    await relay.close();
  });

  test('nothing is left when it was closed: no agent, no folder, no connection', async () => {
    const folders = async () =>
      [...(await readdir('/run')), ...(await readdir('/tmp'))].filter((name) =>
        /^siptune-(?:ssh-|\w{6}$)/.test(name),
      );
    const before = await folders();
    const host = hostAt();
    await Promise.all(Array.from({ length: 10 }, () => host.run(['sleep', '0.1'])));
    // Others may come and go on a machine where more is going on.
    const made = (await folders()).filter((name) => !before.includes(name));
    expect(made.length).toBeGreaterThan(0);
    await host.close();
    const left = async () => (await folders()).filter((name) => made.includes(name));
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
    await expect(host.run(['true'])).rejects.toThrow('closed');
  });
});

function manyFiles(folder: string) {
  return Array.from({ length: 10 }, (_, index) => ({ path: join(folder, `many-${index}`), text: 'x\n' }));
}
