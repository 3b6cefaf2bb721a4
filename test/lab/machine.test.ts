// The test machine itself: what other tests rely on when they call it a customer's staging router.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { readOriginals } from '../../src/targets/originals.ts';
import { bootMachine, MACHINE, machineAbsent, type TestMachine, USERS } from '../support/machine.ts';

const SIP_EXCHANGE = fileURLToPath(new URL('../support/sip-exchange.mjs', import.meta.url));

/** On a machine that is busy with other things. */
const BOOT_TIMEOUT_MS = 120_000;

const host = createLocalHost();
const absent = machineAbsent();

/** What a machine has that the test machine could leave behind, but for its processes. */
async function footprint(): Promise<string> {
  const [namespaces, links] = await Promise.all(
    [
      ['ip', 'netns', 'list'],
      ['ip', '-o', 'link', 'show'],
    ].map(async (argv) => (await host.run(argv)).stdout),
  );
  const kernelKnobs = CATALOGUE.filter(({ access }) => access.via === 'sysctl');
  const settings = await readOriginals(kernelKnobs, { machine: host, routerHost: host, device: undefined });
  const folders = [
    '/run',
    '/run/systemd',
    '/run/systemd/nspawn',
    '/sys/fs/cgroup',
    '/sys/fs/cgroup/systemd',
    '/sys/fs/cgroup/unified',
  ];
  return JSON.stringify(
    [
      namespaces,
      links,
      readFileSync('/proc/self/mounts', 'utf8'),
      folders.map((folder) => [folder, existsSync(folder) ? readdirSync(folder) : null]),
      settings,
    ],
    null,
    1,
  );
}

const alive = (pid: number) => existsSync(`/proc/${pid}`);

describe.skipIf(absent !== undefined)(
  absent === undefined ? 'the test machine' : `the test machine (${absent})`,
  () => {
    let before = '';
    let machine: TestMachine;

    const said = async (...argv: readonly string[]) => (await machine.inside(argv)).stdout.trim();
    const ssh = (user: string, ...argv: readonly string[]) =>
      host.run(['ssh', '-F', machine.sshConfig, '-l', user, MACHINE.name, '--', ...argv]);
    const kamailio = async () => (await said('ps', '-o', 'args=', '-C', 'kamailio')).split('\n')[0] ?? '';
    const options = () =>
      machine.outside.run([
        ...[process.execPath, SIP_EXCHANGE, MACHINE.address, String(MACHINE.sipPort), 'OPTIONS'],
        ...[`sip:${MACHINE.address}:${MACHINE.sipPort}`, MACHINE.callerAddress],
      ]);

    beforeAll(async () => {
      before = await footprint();
      machine = await bootMachine();
    }, BOOT_TIMEOUT_MS);
    afterAll(() => machine?.end());

    test('runs systemd, and nothing of it has failed', async () => {
      expect(await said('systemctl', 'is-system-running')).toBe('running');
      expect(await said('cat', '/proc/1/comm')).toBe('systemd');
      expect(await said('stat', '-c', '%F', '/run/systemd/system')).toBe('directory');
      expect(await said('systemctl', 'is-active', 'kamailio.service', 'ssh.service', 'dbus.service')).toBe(
        'active\nactive\nactive',
      );
      expect(await said('hostname')).toBe(MACHINE.name);
    });

    test('root, a user with sudo, and one whom sudo asks for a password log in with the key', async () => {
      expect((await ssh(USERS.root, 'id', '-u')).stdout).toBe('0\n');
      expect((await ssh(USERS.sudoer, 'id', '-un')).stdout).toBe(`${USERS.sudoer}\n`);
      expect((await ssh(USERS.sudoer, 'sudo', '-n', 'id', '-u')).stdout).toBe('0\n');
      const asked = await ssh(USERS.askedForPassword, 'sudo', '-n', 'id', '-u');
      expect(asked.exitCode).toBe(1);
      expect(asked.stderr).toContain('a password is required');
    });

    test('a stranger’s host key is refused', async () => {
      const known = ['-o', 'UserKnownHostsFile=/dev/null'];
      const login = await host.run(['ssh', '-F', machine.sshConfig, ...known, MACHINE.name, 'true']);
      expect(login.exitCode).toBe(255);
      expect(login.stderr).toContain('Host key verification failed');
    });

    test('kamailio answers OPTIONS from the other end of the link, and there is no way further', async () => {
      expect((await options()).stdout).toBe('SIP/2.0 200 OK\n');
      for (const end of [machine.outside, host.inNetns(MACHINE.netns)]) {
        expect((await end.run(['ip', 'route', 'show', 'default'])).stdout).toBe('');
        expect((await end.run(['ip', '-6', 'route', 'show', 'default'])).stdout).toBe('');
        expect((await end.run(['ip', 'route', 'get', '192.0.2.1'])).stderr).toContain('unreachable');
      }
    });

    test('a restart takes other memory sizes from /etc/default/kamailio', async () => {
      expect(await kamailio()).toMatch(/ -m 64 -M 8$/);
      const file = '/etc/default/kamailio';
      const packaged = await said('cat', file);
      await machine.inside(['sh', '-c', `printf 'SHM_MEMORY=96\\nPKG_MEMORY=12\\n' >> ${file}`]);
      expect(await machine.inside(['systemctl', 'restart', 'kamailio'])).toMatchObject({ exitCode: 0 });
      expect(await kamailio()).toMatch(/ -m 96 -M 12$/);
      expect(await said('kamcmd', 'core.shmmem')).toContain(`total: ${96 * 1024 ** 2}`);
      expect((await options()).stdout).toBe('SIP/2.0 200 OK\n');
      await machine.inside(['sh', '-c', `printf '%s\\n' "$1" > ${file}`, 'sh', packaged]);
      expect(await machine.inside(['systemctl', 'restart', 'kamailio'])).toMatchObject({ exitCode: 0 });
      expect(await kamailio()).toMatch(/ -m 64 -M 8$/);
    });

    test('a transient timer fires without whoever set it, and a stopped one does not', async () => {
      const touchAfter = (unit: string, seconds: number) => [
        ...['systemd-run', `--unit=${unit}`, `--on-active=${seconds}`, '--timer-property=AccuracySec=100ms'],
        ...['touch', `/run/${unit}`],
      ];
      expect((await ssh(USERS.root, ...touchAfter('fires', 1))).exitCode).toBe(0);
      expect((await ssh(USERS.root, ...touchAfter('stopped', 2))).exitCode).toBe(0);
      expect(await machine.inside(['systemctl', 'stop', 'stopped.timer'])).toMatchObject({ exitCode: 0 });
      const there = (unit: string) => machine.inside(['test', '-e', `/run/${unit}`]);
      await expect.poll(async () => (await there('fires')).exitCode, { timeout: 20_000 }).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect((await there('stopped')).exitCode).toBe(1);
    });

    test('which settings are its own, which are the host’s', async () => {
      const write = async (path: string, text: string) =>
        (await machine.inside(['sh', '-c', 'echo "$2" > "$1"', 'sh', path, text])).stderr;
      const inKernel = (key: string) => `/proc/sys/${key.replaceAll('.', '/')}`;
      for (const key of ['kernel.shmmax', 'kernel.shmall', 'net.core.somaxconn', 'net.ipv4.udp_rmem_min']) {
        const path = inKernel(key);
        const [here, there] = [readFileSync(path, 'utf8'), await said('cat', path)];
        expect(await write(path, '4321'), key).toBe('');
        expect(await said('cat', path), key).toBe('4321');
        expect(readFileSync(path, 'utf8'), key).toBe(here);
        await write(path, there);
      }
      for (const key of [
        'net.core.rmem_default',
        'net.core.rmem_max',
        'net.core.wmem_default',
        'net.core.wmem_max',
      ]) {
        expect(`${await said('cat', inKernel(key))}\n`, key).toBe(readFileSync(inKernel(key), 'utf8'));
        expect(await write(inKernel(key), '4321'), key).toContain('Permission denied');
      }
      expect(await write(inKernel('vm.swappiness'), '1')).toContain('Read-only file system');
      expect((await machine.inside(['cat', inKernel('net.core.netdev_max_backlog')])).exitCode).toBe(1);
      const queue = `/sys/class/net/${MACHINE.device}/tx_queue_len`;
      expect(await write(queue, '77')).toBe('');
      expect(await said('ip', 'link', 'show', 'dev', MACHINE.device)).toContain('qlen 77');
      await write(queue, '1000');
    });

    test('network namespaces can be made inside', async () => {
      await machine.inside(['ip', 'netns', 'add', 'inner']);
      expect(await said('ip', 'netns', 'exec', 'inner', 'ip', '-o', 'link')).toMatch(/^1: lo:/);
      expect(await machine.inside(['ip', 'netns', 'del', 'inner'])).toMatchObject({ exitCode: 0 });
    });

    test('a reboot keeps files and logs, and forgets what was set at run time; a power cut, too', async () => {
      for (const how of ['orderly', 'power-cut'] as const) {
        await machine.inside([
          'sh',
          '-c',
          'echo kept > "/var/lib/$1"; sync; echo gone > "/run/$1"',
          'sh',
          how,
        ]);
        await machine.inside(['logger', `about to reboot: ${how}`]);
        await machine.inside(['journalctl', '--sync']);
        await machine.inside(['sysctl', '-w', 'net.core.somaxconn=77', 'kernel.shmmax=7777777']);
        const bootId = await said('cat', '/proc/sys/kernel/random/boot_id');
        await machine.reboot(how);
        expect(await said('cat', '/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
        expect(await said('cat', `/var/lib/${how}`)).toBe('kept');
        expect((await machine.inside(['test', '-e', `/run/${how}`])).exitCode).toBe(1);
        expect(await said('journalctl', '--boot=-1', '--no-pager')).toContain(`about to reboot: ${how}`);
        expect(await said('sysctl', '-n', 'net.core.somaxconn')).not.toBe('77');
        expect(await said('sysctl', '-n', 'kernel.shmmax')).not.toBe('7777777');
        expect((await ssh(USERS.sudoer, 'true')).exitCode).toBe(0);
      }
    });

    test('an end leaves nothing, and neither does a boot whose test was killed, once the next one is over', async () => {
      const processes = machine.processes();
      expect(processes.length).toBeGreaterThan(5);
      await machine.end();
      await machine.end();
      expect(processes.filter(alive)).toEqual([]);
      expect(await footprint()).toBe(before);

      const source = `
      import { bootMachine } from './test/support/machine.ts';
      const machine = await bootMachine();
      console.log(JSON.stringify(machine.processes()));
      setInterval(() => {}, 1000);`;
      for (const when of ['booting', 'up']) {
        const test = await host.spawn(['node', '--import', 'tsx', '--input-type=module', '--eval', source]);
        let running: readonly number[] = [];
        // Some processes of a boot that has just begun, or those of a whole machine with its router.
        await expect
          .poll(
            () => {
              running = machine.processes();
              return running.length;
            },
            { timeout: 60_000, interval: 10 },
          )
          .toBeGreaterThan(when === 'booting' ? 1 : processes.length - 3);
        test.kill('SIGKILL');
        await test.exited;
        await expect.poll(() => machine.processes().filter(alive), { timeout: 10_000 }).toEqual([]);
        machine = await bootMachine();
        expect(await said('systemctl', 'is-system-running')).toBe('running');
        await machine.end();
        expect(await footprint()).toBe(before);
      }
    });
  },
);
