// The documented exit statuses, by the errors that carry them: 2 for what was typed, 3 for what is not safe or cannot be reached.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/commands/program.ts';
import { profileOf } from '../../src/export/profile.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { loadScenario } from '../../src/scenario/load-scenario.ts';
import { writeResult } from '../../src/store/result-store.ts';
import { writeScenario } from '../../src/store/scenario-file.ts';
import type { Host } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { verifyLoadPath } from '../../src/targets/verify-address.ts';
import { captureIo } from '../support/capture-io.ts';
import { createFakeHost } from '../support/fake-host.ts';
import { IMPROVED_ID, improved, notProven } from '../support/results.ts';
import { tempDir } from '../support/temp-dir.ts';

async function statusOf(...args: readonly string[]): Promise<number | undefined> {
  const io = captureIo();
  let status: number | undefined;
  const program = createProgram('0', { writeOut: io.out, writeErr: io.err }, async ({ execute }) => {
    status = await execute(io);
  });
  try {
    await program.parseAsync(['node', 'siptune', ...args]);
    return status;
  } catch (error) {
    // Commander's own errors are all about what was typed.
    const { name, exitStatus, exitCode } = error as Error & { exitStatus?: number; exitCode?: number };
    return exitStatus ?? (name === 'CommanderError' && exitCode !== 0 ? 2 : undefined);
  }
}

async function results(): Promise<string> {
  const out = await tempDir();
  for (const [id, result] of [
    [IMPROVED_ID, improved],
    ['2026-11-25T1900-quiet', { ...notProven, id: '2026-11-25T1900-quiet' }],
  ] as const) {
    await mkdir(join(out, id));
    await writeResult(join(out, id), result);
  }
  await writeFile(join(out, 'file'), '');
  return out;
}

/** OUT is a results folder with one campaign that is improved and one that is not. */
test.each<[string, number]>([
  ['list --out OUT', 0],
  ['report latest --out OUT', 0],
  ['report nothing --out OUT', 2],
  ['report --out OUT/file', 2],
  [`report ${IMPROVED_ID} --out OUT --figure OUT`, 2],
  [`report ${IMPROVED_ID} --out OUT --figure OUT/no/x.svg`, 2],
  [`report ${IMPROVED_ID} --out OUT --figure OUT/file/x.svg`, 2],
  [`report ${IMPROVED_ID} --out OUT --figure /dev/full`, 3],
  [`compare ${IMPROVED_ID} quiet --out OUT`, 2],
  [`compare ${IMPROVED_ID} --out OUT`, 2],
  [`compare ${IMPROVED_ID} 2026-11-25T1900 --out OUT`, 0],
  [`export ${IMPROVED_ID} --results OUT --format all --out OUT/profile`, 0],
  [`export ${IMPROVED_ID} --results OUT --format all --out OUT/file`, 2],
  [`export ${IMPROVED_ID} --results OUT --format none --out OUT/profile`, 2],
  ['export 2026-11-25T1900 --results OUT --format all --out OUT/profile', 1],
  ['run scenarios/sim-article.yaml --quiet --out OUT/file', 2],
  ['run scenarios/sim-article.yaml --quiet --out OUT/file/below', 2],
  ['run scenarios/sim-article.yaml --quiet --out /proc/siptune', 2],
  ['run no-such.yaml', 2],
  ['run OUT', 2],
  ['plan scenarios/sim-article.yaml', 0],
  ['plan scenarios', 2],
  ['doctor scenarios/sim-article.yaml', 0],
  ['doctor no-such.yaml', 2],
  ['resume nothing --out OUT', 2],
  ['restore nothing --out OUT', 2],
  ['restore --target nowhere --out OUT', 2],
  ['sim nowhere', 2],
  ['lab sideways', 2],
])('siptune %s: %i', async (line, status) => {
  const out = await results();
  expect(await statusOf(...line.split(' ').map((word) => word.replace('OUT', out)))).toBe(status);
});

test('a campaign whose folder was renamed is told so, not called a bug', async () => {
  const dir = join(await tempDir(), 'my best one');
  await mkdir(dir);
  const loaded = await loadScenario('scenarios/lab-kamailio.yaml', CATALOGUE);
  if (loaded.state === 'invalid') throw new Error('the scenario has problems');
  await writeScenario(dir, loaded.scenario);
  await writeFile(join(dir, 'journal.jsonl'), '', { mode: 0o600 });
  expect(await statusOf('resume', dir)).toBe(2);
});

describe('safety refuses with 3', () => {
  /** Router, caller and callee on one machine that answers as `answers` says. */
  const path = (answers: readonly (readonly object[])[]) => {
    const stdout = answers.map((rows) => `+${JSON.stringify(rows)}\n`).join('');
    const host: Host = createFakeHost({ commands: { sh: stdout }, files: {} });
    const end = (address: string) => ({ host, address, port: 5060 });
    return {
      routerHost: host,
      routerAddress: '198.18.0.1',
      caller: end('198.18.0.2'),
      callee: end('198.18.0.3'),
    };
  };
  const has = (...local: readonly string[]) => [{ addr_info: local.map((one) => ({ local: one })) }];
  const own = [has('198.18.0.1'), has('198.18.0.2'), has('198.18.0.3')];

  test.each<[string, readonly (readonly object[])[], string]>([
    ['an address that is somebody else’s', [has('192.0.2.1'), ...own.slice(1)], 'is not an address of'],
    ['a default route', [...own, [{ dst: 'default', gateway: '10.0.0.1' }]], 'is a default route'],
    ['half of one', [...own, [{ dst: '128.0.0.0/1', gateway: '10.0.0.1' }]], 'is a default route'],
    ['no answer', [], 'no answer'],
  ])('%s', async (_, answers, words) => {
    await expect(verifyLoadPath(path(answers))).rejects.toMatchObject({
      exitStatus: 3,
      message: expect.stringMatching(new RegExp(`^refusing to send load: .*${words}`)),
    });
  });

  test('a value of a result outside the hard bounds', () => {
    const { winner } = improved;
    if (winner === null) throw new Error('the fixture has a winner');
    const config = { ...winner.config, 'net.core.rmem_max': 2 ** 40, 'net.core.rmem_default': 2 ** 40 };
    expect(() => profileOf({ ...improved, winner: { ...winner, config } })).toThrow(
      expect.objectContaining({ exitStatus: 3, message: expect.stringContaining('outside its bounds') }),
    );
  });

  test('a program that the target lacks, a file that it does not take', async () => {
    const host = createLocalHost();
    await expect(host.spawn(['siptune-no-such-program'])).rejects.toMatchObject({ exitStatus: 3 });
    await expect(host.writeFile('/dev/full', 'x')).rejects.toMatchObject({
      exitStatus: 3,
      message: expect.stringContaining('/dev/full cannot be written on local: no space is left there'),
    });
  });
});
