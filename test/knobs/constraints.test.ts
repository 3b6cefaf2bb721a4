// Whatever a sampler proposes, what reaches the system is consistent and inside the hard bounds, or is not sent at all.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import {
  boundsViolation,
  type ConstraintFacts,
  memoryViolation,
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

describe('the memory bound', () => {
  const today = { ...current, 'net.core.netdev_max_backlog': 1_000 };
  const machine: ConstraintFacts = { ...facts, memoryMib: 24_000, availableMib: 20_000, cpus: 4, today };

  test('holds for a configuration that nobody may repair, and says what it would take and what to do', () => {
    const huge = { 'router.shm': 65_536, 'router.pkg': 1_024, 'router.workers': 64 };
    expect(memoryViolation(huge, today, machine)).toMatch(
      /would take 14\d{4} MiB, more than 14000 MiB \(70 % of the 20000 MiB that were available .*: lower router\.shm/,
    );
  });

  test('is of what was free, and of all memory only where that is not known', () => {
    const large = { 'router.shm': 15_000 };
    expect(memoryViolation(large, today, machine)).not.toBeNull();
    const { availableMib: _unknown, ...old } = machine;
    expect(memoryViolation(large, today, old)).toBeNull();
    expect(memoryViolation({ 'router.shm': 17_000 }, today, old)).toMatch(/the machine's 24000 MiB/);
  });

  test('counts the backlog of every CPU', () => {
    const deep = { 'net.core.netdev_max_backlog': 1_000_000 };
    expect(memoryViolation(deep, today, machine)).toBeNull();
    expect(memoryViolation(deep, today, { ...machine, cpus: 16 })).toMatch(/netdev_max_backlog/);
    const outcome = repairConfiguration(deep, today, { ...machine, cpus: 16 });
    expect(outcome).toMatchObject({ state: 'valid', repairs: [expect.stringContaining('backlog')] });
  });

  test('never refuses what runs today, nor what takes no more', () => {
    const small = { ...machine, availableMib: 100 };
    expect(memoryViolation({}, today, small)).toBeNull();
    expect(memoryViolation({ 'router.shm': 32 }, today, small)).toBeNull();
    expect(memoryViolation({ 'router.shm': 512 }, today, small)).not.toBeNull();
  });

  test('knows what the scenario does not name', () => {
    // Of the router only its shared memory is searched: its processes have theirs all the same.
    const few = { ...machine, availableMib: 1_000, today: { ...today, 'router.pkg': 16 } };
    const outcome = repairConfiguration({ 'router.shm': 690 }, { 'router.shm': 64 }, few);
    expect(outcome.state === 'valid' && Number(outcome.configuration['router.shm'])).toBeLessThan(320);
  });
});

test('a value outside the hard bounds is named with its bounds', () => {
  expect(boundsViolation({ 'router.workers': 1_000 })).toMatch(/router\.workers = 1000 .* 1 to 64/);
  expect(boundsViolation({ 'net.ipv4.ip_forward': 1 })).toMatch(/not in the catalogue/);
});
