// Which processes a restore may end: those of the campaign's own router, and no others.
import { expect, test } from 'vitest';
import { endLeftoverRouter } from '../../src/routers/leftover-router.ts';
import { createRecordingHost } from '../support/recording-host.ts';

const DIR = '/results/2026-01-01T0000-lab';
const { host } = createRecordingHost({
  '/proc/4001/cmdline': `/usr/sbin/kamailio\0-f\0${DIR}/router/kamailio.cfg\0-w\0${DIR}/router\0-Y\0`,
  '/proc/4002/cmdline': `tail\0-f\0${DIR}/router/router.log\0`,
  '/proc/4003/cmdline': `/usr/sbin/opensips\0-F\0-w\0${DIR}-2/router\0`,
  '/proc/1/cmdline': `init\0-w\0${DIR}/router\0`,
  [`/proc/${process.pid}/cmdline`]: `node\0-w\0${DIR}/router\0`,
});

async function ended(...pids: number[]): Promise<readonly number[]> {
  const killed: number[] = [];
  await endLeftoverRouter(host, pids, `${DIR}/router`, (pid) => killed.push(pid));
  return killed;
}

test('the router of this campaign is ended, once', async () => {
  expect(await ended(4001, 4001)).toEqual([4001]);
});

test('a pager on its log, another campaign’s router and whoever has its number by now are not', async () => {
  expect(await ended(4002, 4003, 5000)).toEqual([]);
});

test('neither is PID 1, a process group, siptune itself, or what is no PID', async () => {
  expect(await ended(1, 0, -1, -4001, 4001.5, Number.NaN, process.pid)).toEqual([]);
});

test('one that ended by itself in the meantime is no error', async () => {
  await expect(
    endLeftoverRouter(host, [4001], `${DIR}/router`, () => {
      throw new Error('ESRCH');
    }),
  ).resolves.toBeUndefined();
});
