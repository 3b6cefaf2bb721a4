// kill -9 in the middle of a real campaign, twice: siptune restores what was left, goes on, and ends with a verdict.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignEvent } from '../../src/campaign/events.ts';
import { undoOf } from '../../src/campaign/undo.ts';
import { createLab } from '../../src/targets/lab/lab.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { LONG_TESTS } from '../support/long-tests.ts';

const machine = createLocalHost();
const lab = createLab(machine);
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const kamailio = !(await machine.run(['kamailio', '-v'])).notFound;
const TIMEOUT_MS = 480_000;

let out = '';
beforeAll(async () => {
  await lab.down();
  out = await mkdtemp(join(tmpdir(), 'siptune-test-resume-'));
});
afterAll(async () => {
  await lab.down();
  await rm(out, { recursive: true });
});

const command = (...args: string[]) => [process.execPath, '--import', 'tsx', file('src/cli.ts'), ...args];
const siptune = (...args: string[]) =>
  machine.run(command(...args, '--out', out), { timeoutMs: TIMEOUT_MS, cwd: file('.') });

async function journal(): Promise<readonly CampaignEvent[]> {
  const [id] = await readdir(out).catch(() => []);
  if (id === undefined) return [];
  const text = await readFile(join(out, id, 'journal.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Runs until the journal is as wanted, and is killed then: no handler, no restore. */
async function killWhen(args: readonly string[], wanted: (events: readonly CampaignEvent[]) => boolean) {
  const running = await machine.spawn(command(...args, '--out', out, '--quiet'), { cwd: file('.') });
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  while (!wanted(await journal())) {
    if (ended) throw new Error(JSON.stringify(await running.exited));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  running.kill('SIGKILL');
  await running.exited;
}

const trialNumbers = (events: readonly CampaignEvent[]) =>
  events.flatMap((event) => (event.type === 'trial' ? [event.trial.n] : []));

async function settings(): Promise<string> {
  return (await machine.run(['sysctl', '--pattern', '^net\\.core\\.[rw]mem|netdev_max|^kernel\\.shm', '-a']))
    .stdout;
}

test.skipIf(!kamailio || !LONG_TESTS)(
  'killed twice in its search, restored, resumed: one journal, one verdict, every setting back',
  async () => {
    const before = await settings();
    await killWhen(['run', file('scenarios/lab-kamailio.yaml'), '--budget', '3m'], (events) =>
      // A machine that is slow today may have no time left for a candidate: then it is killed in its proof.
      events
        .slice(events.findIndex((event) => event.type === 'phase' && event.phase === 'search') + 1)
        .some((event, _index, since) => since.length < events.length && event.type === 'router-started'),
    );
    const restored = await siptune('restore');
    expect(restored).toMatchObject({ exitCode: 0 });
    expect(await settings()).toBe(before);
    expect((await lab.status()).state).toBe('down');

    // This time it is killed with settings of a candidate in force, and resume has to put them back by itself.
    await killWhen(['resume'], (events) => {
      const since = events.slice(events.findLastIndex(({ type }) => type === 'resumed') + 1);
      return since.length < events.length && trialNumbers(since).length >= 2;
    });
    expect(undoOf(await journal())).not.toBeNull();
    const resumed = await siptune('resume', '--json');
    expect(resumed.exitCode, resumed.stderr).toBeLessThanOrEqual(1);
    expect(resumed.stderr).toMatch(/Resumed after \d:\d\d, with \d+ trials/);
    const result = JSON.parse(resumed.stdout);
    expect(['improved', 'not-proven']).toContain(result.verdict);
    expect(result.restored).toBe(true);
    expect(await settings()).toBe(before);
    expect((await lab.status()).state).toBe('down');

    const events = await journal();
    expect(events.filter(({ type }) => type === 'resumed')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'campaign-started')).toHaveLength(1);
    // Each kill costs the running trial at most.
    const numbers = trialNumbers(events);
    expect(numbers.length - new Set(numbers).size).toBeLessThanOrEqual(2);
    expect(result.trials.total).toBe(Math.max(...numbers));
    const candidates = events.flatMap((event) => (event.type === 'proposed' ? [event.candidate] : []));
    expect(candidates).toEqual([...candidates].sort((a, b) => a - b));
    expect(new Set(candidates).size).toBe(candidates.length);

    const again = await siptune('resume');
    expect(again).toMatchObject({ exitCode: 2 });
    expect(again.stderr).toContain('is finished');
  },
  TIMEOUT_MS,
);
