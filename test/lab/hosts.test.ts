// One contract for every host: this machine and another over real SSH, each also inside a network namespace.
import { afterAll, beforeAll } from 'vitest';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { testHost } from '../support/host-suite.ts';
import { overSsh } from '../support/over-ssh.ts';

const NETNS = 'siptune-test-hosts';
const machine = createLocalHost();

beforeAll(async () => {
  await machine.run(['ip', 'netns', 'add', NETNS]);
  await machine.run(['ip', '-n', NETNS, 'link', 'set', 'lo', 'up']);
});
afterAll(() => machine.run(['ip', 'netns', 'del', NETNS]));

testHost({ name: 'local', host: () => machine });
testHost({ name: 'local, in a namespace', host: () => machine.inNetns(NETNS) });

overSsh((ssh) => {
  testHost({ name: 'SSH', host: ssh });
  testHost({ name: 'SSH, in a namespace', host: () => ssh().inNetns(NETNS) });
});
