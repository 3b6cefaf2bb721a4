// What a further machine with generators must have is said before anything is written: what is missing where, and what to do.
import { expect, test } from 'vitest';
import { requireGeneratorMachines } from '../../src/campaign/generator-machines.ts';
import type { GeneratorMachine } from '../../src/targets/target.ts';
import { createFakeHost, type FakeHostTables } from '../support/fake-host.ts';
import { machineWith } from '../support/fake-machine.ts';

const SIPP = { 'sipp -v': { exitCode: 99, stdout: 'SIPp v3.6.1-TLS-SCTP.\n' } };
const AMPLE = {
  '/proc/sys/net/core/rmem_max': '4194304\n',
  '/proc/sys/net/core/wmem_max': '8388608\n',
};

async function said(
  tables: Parameters<typeof machineWith>[0],
  kernel: GeneratorMachine['kernel'] = 'own',
): Promise<string> {
  const host = createFakeHost(machineWith(tables) as FakeHostTables);
  const machine = { host, kernel } as unknown as GeneratorMachine;
  return requireGeneratorMachines({ otherMachines: [machine] }).then(
    () => 'fine',
    ({ message }: Error) => message,
  );
}

test('SIPp and room for its sockets are enough', async () => {
  expect(await said({ commands: SIPP, files: AMPLE })).toBe('fine');
});

test('without SIPp, or with an old one, it says where and what to install', async () => {
  expect(await said({ commands: { sipp: null }, files: AMPLE })).toMatch(
    /not installed \(fake\): install .*sip-tester/,
  );
  const old = { 'sipp -v': { exitCode: 99, stdout: 'SIPp v3.5.2.\n' } };
  expect(await said({ commands: old, files: AMPLE })).toMatch(
    /3\.5\.2 is too old \(fake\): siptune needs 3\.6/,
  );
});

test('low ceilings are not lifted there, and the command that does is given', async () => {
  const files = { ...AMPLE, '/proc/sys/net/core/rmem_max': '212992\n' };
  expect(await said({ commands: SIPP, files })).toBe(
    'net.core.rmem_max is 212992 on fake, and the sockets of its generators need 4194304 bytes. siptune changes no setting of a ' +
      'machine that only has generators: run there "sysctl -w net.core.rmem_max=4194304"',
  );
  // The target's own kernel, whose ceilings are lifted with its configuration.
  expect(await said({ commands: SIPP, files }, 'target')).toBe('fine');
});
