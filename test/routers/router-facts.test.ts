// Facts that routers print of their own build.
import { expect, test } from 'vitest';
import { parseKamailioVersion } from '../../src/routers/kamailio-facts.ts';
import { parseOpensipsVersion } from '../../src/routers/opensips-facts.ts';
import { fixture } from '../support/fixture.ts';

test('Debian’s Kamailio: mapped memory, spin locks, three allocators', () => {
  expect(parseKamailioVersion(fixture('routers/kamailio-v.txt'), 'kamailio')).toMatchObject({
    kind: 'kamailio',
    version: '5.6.3',
    binary: 'kamailio',
    shmMmap: true,
    fastLock: true,
    allocators: ['Q_MALLOC', 'F_MALLOC', 'TLSF_MALLOC'],
    unoptimised: false,
  });
});

test('OpenSIPS: the debugging variant of an allocator is not one of its own', () => {
  const facts = parseOpensipsVersion(fixture('routers/opensips-V.txt'), '/usr/sbin/opensips');
  expect(facts).toMatchObject({ version: '3.6.8', shmMmap: true, fastLock: true, unoptimised: false });
  expect(facts.allocators).toEqual(['Q_MALLOC', 'F_MALLOC', 'HP_MALLOC', 'F_PARALLEL_MALLOC']);
  expect(facts.flags).toContain('STATS: On');
});

test('a build that is not one to benchmark, or that uses System V memory, is recognised', () => {
  const text = fixture('routers/opensips-V.txt')
    .replace('SHM_MMAP, ', 'CC_O0, ')
    .replace('FAST_LOCK-ADAPTIVE_WAIT', 'USE_SYSV_SEM');
  expect(parseOpensipsVersion(text, 'opensips')).toMatchObject({
    unoptimised: true,
    shmMmap: false,
    fastLock: false,
  });
  const compiled = `${fixture('routers/kamailio-v.txt')}compiled with gcc 12.2.0 -O0\n`;
  expect(parseKamailioVersion(compiled, 'kamailio').unoptimised).toBe(true);
});

test('a program that is something else has no facts, and does no harm', () => {
  expect(parseKamailioVersion('usage: kamailio\n', 'kamailio')).toMatchObject({
    version: 'unknown',
    flags: [],
  });
});
