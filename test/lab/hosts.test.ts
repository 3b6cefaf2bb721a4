// One contract for every host: this machine and another over real SSH, each also inside a network namespace.
import { afterAll, beforeAll, describe } from 'vitest';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { createSshHost, type SshHost } from '../../src/targets/ssh/ssh-host.ts';
import { testHost } from '../support/host-suite.ts';
import { noSshServer, type SshServer, startSshServer } from '../support/ssh-server.ts';

const NETNS = 'siptune-test-hosts';
const machine = createLocalHost();

beforeAll(async () => {
  await machine.run(['ip', 'netns', 'add', NETNS]);
  await machine.run(['ip', '-n', NETNS, 'link', 'set', 'lo', 'up']);
});
afterAll(() => machine.run(['ip', 'netns', 'del', NETNS]));

testHost({ name: 'local', host: () => machine });
testHost({ name: 'local, in a namespace', host: () => machine.inNetns(NETNS) });

describe.skipIf(noSshServer)(noSshServer ?? 'over SSH', () => {
  let server: SshServer;
  let ssh: SshHost;
  beforeAll(async () => {
    server = await startSshServer();
    ssh = createSshHost({
      user: 'root',
      name: '127.0.0.1',
      port: server.port,
      configFile: server.configFile,
    });
    await ssh.connect();
  });
  afterAll(async () => {
    await ssh.close();
    await server.stop();
  });
  testHost({ name: 'SSH', host: () => ssh });
  testHost({ name: 'SSH, in a namespace', host: () => ssh.inNetns(NETNS) });
});
