// What doctor says of campaigns that were left on the machines themselves: the target's, also over SSH, and the generators'.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { start } from '../../src/doctor/start.ts';
import { createView } from '../../src/doctor/view.ts';
import { GENERATORS_DIR } from '../../src/safety/guard-generators.ts';
import { sharedStateDir } from '../../src/safety/guard-load-machines.ts';
import { LOOK } from '../../src/safety/lease-scripts.ts';
import { STATE_DIR } from '../../src/safety/state-dir.ts';
import type { Host } from '../../src/targets/host.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeHost } from '../support/fake-host.ts';
import { machineWith } from '../support/fake-machine.ts';

const TARGET = 'ssh://root@sip1';

let results = '';
beforeEach(async () => {
  vi.stubEnv('OPENSIPS_BIN', undefined);
  results = await mkdtemp(join(tmpdir(), 'siptune-doctor-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(results, { recursive: true });
});

/** What each state folder on the machine says; a folder that is not named is empty. */
function machineThat(boot: string, states: Readonly<Record<string, string>>, label?: string): Host {
  const looks = [STATE_DIR, GENERATORS_DIR, sharedStateDir('ssh://load1')].map((path) => [
    `sh -c ${LOOK} siptune ${path}`,
    `boot ${boot}\nnow 500\npidns pid:[1]\n${states[path] ?? ''}`,
  ]);
  const host = createFakeHost(machineWith({ commands: Object.fromEntries(looks) }));
  return label === undefined ? host : { ...host, label, remote: true };
}

async function said(machine: Host, here?: Host, loadMachine?: Host) {
  const others = new Map(loadMachine ? [['ssh://load1', { host: loadMachine, workDir: '/run/x' }]] : []);
  const remarks = await start.examine(
    createView({
      ...{ scenario: null, machine, others, resultsDir: results, clock: createFakeClock() },
      ...(here ? { here } : {}),
    }),
  );
  return remarks
    .filter(({ what }) => what === 'lease' || what === 'campaign')
    .map(({ level, seen, advice }) => `${level}: ${seen}${advice === null ? '' : `: ${advice}`}`);
}

const journal = async (id: string, ...events: object[]) => {
  await mkdir(join(results, id));
  const at = '2026-01-01T00:00:00Z';
  const lines = events.map((event) => `${JSON.stringify({ at, ...event })}\n`);
  await writeFile(join(results, id, 'journal.jsonl'), lines.join(''));
};
const ORIGINAL = {
  ...{ type: 'original', knob: 'net.core.rmem_max', raw: '212992' },
  target: { via: 'sysctl', key: 'net.core.rmem_max' },
};

test('on a target over SSH, with the way to restore it from here', async () => {
  const target = machineThat('b1', { [STATE_DIR]: 'campaign c7 unrestored b1 900\n' }, TARGET);
  expect(await said(target, machineThat('b2', {}))).toEqual([
    `warning: campaign c7 left settings on ${TARGET}: the next campaign restores them first, or run siptune restore --target ${TARGET}`,
  ]);
});

test('what could not be put back stands in the way of the next', async () => {
  const target = machineThat('b1', { [STATE_DIR]: 'campaign c7 incomplete none\n' });
  expect(await said(target)).toEqual([
    'problem: campaign c7 left settings on fake that could not be put back: run siptune restore c7: it tries again, and says which',
  ]);
});

test('where the generators run, and on further machines with generators', async () => {
  const here = machineThat('b2', {
    [STATE_DIR]: 'campaign c1 unrestored none\n',
    [GENERATORS_DIR]: 'campaign c2 unrestored none\n',
  });
  const load = { [sharedStateDir('ssh://load1')]: 'campaign c3 unrestored none\n' };
  const lines = await said(machineThat('b1', {}, TARGET), here, machineThat('b3', load, 'ssh://load1'));
  expect(lines).toEqual([
    expect.stringContaining('campaign c1 left settings on fake'),
    expect.stringContaining('campaign c2 left settings on fake'),
    expect.stringContaining('campaign c3 left settings on ssh://load1'),
  ]);
});

test('a campaign that has the generators’ machine is in the way', async () => {
  const owner = { campaign: 'c9', pid: 7, host: 'sip9', user: 'root', startedAt: 'today', bootId: 'x' };
  const lease = `lease ${JSON.stringify(owner)}\ncampaign c9 unrestored b2 9000\n`;
  const lines = await said(machineThat('b1', {}, TARGET), machineThat('b2', { [STATE_DIR]: lease }));
  expect(lines).toEqual([expect.stringMatching(/^problem: fake: campaign c9 .* works on it/)]);
});

test('over SSH to this very machine, everything is said once', async () => {
  const states = { [STATE_DIR]: 'campaign c7 unrestored none\n' };
  expect(await said(machineThat('b1', states, TARGET), machineThat('b1', states))).toHaveLength(1);
});

test('a journal that has not learnt of it is not believed against the machine itself', async () => {
  await journal('c7', ORIGINAL);
  await journal(
    'c8',
    { type: 'armed', host: TARGET, periodMs: 60_000, by: 'setsid', state: STATE_DIR },
    ORIGINAL,
  );
  const complete = { [STATE_DIR]: 'campaign c7 complete none\ncampaign c8 complete none\n' };
  // What this machine says of c8 is not what the machine says that c8 tuned.
  expect(await said(machineThat('b2', complete))).toEqual([
    expect.stringMatching(/^ok: no campaign has this machine/),
    expect.stringMatching(/^note: c7 .*its timer has put everything back/),
    expect.stringMatching(/^problem: c8 was interrupted and not restored/),
  ]);
  expect(await said(machineThat('b1', complete, TARGET), machineThat('b2', complete))).toEqual([
    expect.stringMatching(/^ok: no campaign has these machines/),
    expect.stringMatching(/^note: c7 /),
    expect.stringMatching(/^note: c8 /),
  ]);
});
