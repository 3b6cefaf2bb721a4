// Statistics of both products, from what the real ones answered.
import { expect, test } from 'vitest';
import { flattenStats, parseKamcmdRecords } from '../../src/routers/kamcmd-output.ts';
import { answerIn } from '../../src/routers/mi-fifo.ts';
import { flattenOpensipsStats } from '../../src/routers/opensips-stats.ts';
import { fixture } from '../support/fixture.ts';

test('Kamailio: names as it has them, and the keys that both share', () => {
  const stats = flattenStats(
    fixture('routers/kamailio-statistics.txt'),
    fixture('routers/kamailio-pkg-stats.txt'),
    fixture('routers/kamailio-tm-stats.txt').replace('current: 0', 'current: 12'),
  );
  expect(stats).toMatchObject({
    'shm:totalBytes': 64 * 1024 ** 2,
    'shm:usedBytes': stats['shmem:real_used_size'],
    'shm:maxUsedBytes': stats['shmem:max_used_size'],
    'tm:inUse': 12,
    'core:rcv_requests': expect.any(Number),
  });
  expect(stats['pkg:worstUsedShare']).toBeGreaterThan(0.01);
  expect(stats['pkg:worstUsedShare']).toBeLessThan(0.5);
});

test('Kamailio: the process that has used most of its private memory counts', () => {
  const process = (used: number) => `{\n\treal_used: ${used}\n\ttotal_size: 1000\n}\n`;
  expect(flattenStats('', `${process(100)}${process(900)}${process(300)}`, '')).toEqual({
    'pkg:worstUsedShare': 0.9,
  });
});

test('Kamailio that does not answer, or lacks a module, gives what there is', () => {
  expect(flattenStats('', '', '')).toEqual({});
  expect(flattenStats('', '', 'error: 500 - command tm.stats not found\n')).toEqual({});
});

test('Kamailio’s processes by their role', () => {
  const records = parseKamcmdRecords(fixture('routers/kamailio-core-psx.txt'));
  expect(records.map(({ DSC }) => DSC)).toEqual(
    expect.arrayContaining([
      'main process - attendant',
      'udp receiver child=0 sock=127.0.0.1:5096',
      'ctl handler',
    ]),
  );
});

test('OpenSIPS: names as it has them, and the keys that both share', () => {
  const answer = answerIn(fixture('routers/opensips-get-statistics.json'), 1);
  const stats = flattenOpensipsStats(answer?.result);
  expect(stats).toMatchObject({
    'shm:totalBytes': 64 * 1024 ** 2,
    'shm:usedBytes': stats['shmem:real_used_size'],
    'shm:maxUsedBytes': stats['shmem:max_used_size'],
    'load:load': expect.any(Number),
    'net:waiting_udp': 0,
    'pkg:worstUsedShare': 1247016 / 8388608,
  });
  expect(flattenOpensipsStats(null)).toEqual({});
});

test('MI: half an answer is none yet, and one to an earlier request is not ours', () => {
  const late = '{"jsonrpc":"2.0","result":"late","id":6}';
  const ours = '{\n  "jsonrpc": "2.0",\n  "result": {"a": 1},\n  "id": 7\n}';
  expect(answerIn(ours.slice(0, -3), 7)).toBeUndefined();
  expect(answerIn(late, 7)).toBeUndefined();
  expect(answerIn(`${late}${ours}`, 7)?.result).toEqual({ a: 1 });
  expect(answerIn('', 7)).toBeUndefined();
});
