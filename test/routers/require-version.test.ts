// A program that cannot be run, or that is none, is not taken for a router of unknown version.
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createKamailio } from '../../src/routers/kamailio.ts';
import { createOpensips } from '../../src/routers/opensips.ts';
import type { CommandResult } from '../../src/targets/host.ts';
import { createFakeHost } from '../support/fake-host.ts';
import { fixture } from '../support/fixture.ts';

const routers = { kamailio: [createKamailio, '-v'], opensips: [createOpensips, '-V'] } as const;

function factsOf(kind: keyof typeof routers, answer: string | Partial<CommandResult>) {
  const [create, option] = routers[kind];
  const host = createFakeHost({ commands: { [`${kind} ${option}`]: answer }, files: {} });
  return create({
    ...{
      host,
      cpus: undefined,
      workDir: '/run/x',
      clock: systemClock,
      listen: { address: '198.18.0.1', port: 5060 },
    },
    spec: { kind, binary: kind, config: undefined, service: undefined, settings: {} },
  }).facts();
}

test.each(['kamailio', 'opensips'] as const)(
  '%s that answers nothing is refused with status 3',
  async (kind) => {
    for (const answer of [{ exitCode: 126, stderr: 'Permission denied\nx' }, { exitCode: 1 }, ''])
      await expect(factsOf(kind, answer)).rejects.toMatchObject({
        exitStatus: 3,
        message: expect.stringMatching(/tells no version: (Permission denied|it said nothing)\. Check/),
      });
  },
);

test('one that answers is asked no more than that', async () => {
  expect((await factsOf('kamailio', fixture('routers/kamailio-v.txt'))).version).toBe('5.6.3');
  expect((await factsOf('kamailio', 'our own wrapper\n')).version).toBe('unknown');
});
