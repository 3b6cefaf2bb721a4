// Whatever a sampler proposes, what reaches the system is consistent and inside the hard bounds, or is not sent at all.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import {
  boundsViolation,
  type ConstraintFacts,
  predictedRcvbufBytes,
  repairConfiguration,
  violations,
} from '../../src/knobs/constraints.ts';
import type { Configuration } from '../../src/knobs/knob.ts';

const facts: ConstraintFacts = {
  memoryMib: 4_096,
  pageBytes: 4_096,
  udpMemBytes: 512 * 1024 * 1024,
  shmMmap: false,
  sockets: 1,
  otherProcesses: 16,
};
const current = {
  'net.core.rmem_default': 212_992,
  'net.core.rmem_max': 4_194_304,
  'router.maxbuffer': 262_144,
  'router.workers': 8,
  'router.shm': 64,
  'router.pkg': 8,
  'kernel.shmmax': '18446744073692774399',
};

test('the buffer that the kernel will grant is predicted as sock.c computes it', () => {
  expect(predictedRcvbufBytes(212_992, 4_194_304, 262_144)).toBe(524_288);
  expect(predictedRcvbufBytes(212_992, 262_144, 8_388_608)).toBe(524_288);
  expect(predictedRcvbufBytes(10_485_760, 10_485_760, 262_144)).toBe(10_485_760);
});

test('any configuration in the search ranges is repaired or rejected, never left inconsistent', () => {
  const values = Object.fromEntries(
    CATALOGUE.filter(({ name }) => name !== 'kernel.shmall').map(({ name, search }) => [
      name,
      fc.integer({ min: search.min, max: search.max }),
    ]),
  );
  fc.assert(
    fc.property(fc.record(values, { requiredKeys: [] }), (drawn) => {
      const configuration = drawn as Configuration;
      const outcome = repairConfiguration(configuration, current, facts);
      if (outcome.state === 'rejected') return;
      expect(violations(outcome.configuration, current, facts)).toEqual([]);
      expect(boundsViolation(outcome.configuration)).toBeNull();
      expect(Object.keys(outcome.configuration).sort()).toEqual(Object.keys(configuration).sort());
    }),
    { numRuns: 1_000 },
  );
});

test('a maxbuffer above rmem_max raises rmem_max, and says so', () => {
  const outcome = repairConfiguration(
    { 'net.core.rmem_max': 262_144, 'router.maxbuffer': 8_388_608 },
    current,
    facts,
  );
  expect(outcome).toMatchObject({
    state: 'valid',
    configuration: { 'net.core.rmem_max': 8_388_608 },
    repairs: [expect.stringContaining('rmem_max')],
  });
});

test('too much memory is brought down to the machine', () => {
  const outcome = repairConfiguration({ 'router.shm': 3_900 }, current, facts);
  expect(outcome.state).toBe('valid');
  if (outcome.state === 'valid') expect(Number(outcome.configuration['router.shm'])).toBeLessThan(2_800);
});

test('a value outside the hard bounds is named with its bounds', () => {
  expect(boundsViolation({ 'router.workers': 1_000 })).toMatch(/router\.workers = 1000 .* 1 to 64/);
  expect(boundsViolation({ 'net.ipv4.ip_forward': 1 })).toMatch(/not in the catalogue/);
});
