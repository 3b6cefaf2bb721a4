// What complete campaigns leave on a machine does not grow for ever; what is not complete is never removed.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookAtTarget } from '../../src/safety/lease.ts';
import { TAKE } from '../../src/safety/lease-scripts.ts';
import { runScript } from '../../src/safety/state-dir.ts';
import { campaignPath, guardOf, machine, statePath } from '../support/safety-target.ts';

const KEPT = 20;
const state = () => ({ machine, path: statePath });
const names = async () => (await readdir(join(statePath, 'campaigns'))).sort();

/** Oldest first. */
async function leave(count: number, outcome = 'complete\n'): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_, n) => `2026-11-${String(n + 1).padStart(2, '0')}T0700-lab`);
  for (const id of ids) {
    await mkdir(campaignPath(id, 'fired'), { recursive: true });
    await writeFile(campaignPath(id, 'restore.sh'), 'exit 1\n');
    await writeFile(campaignPath(id, 'restored'), outcome);
  }
  return ids;
}

test('of the complete ones the latest are kept when a lease is taken; of the others it is known that they are complete', async () => {
  const ids = await leave(KEPT + 3);
  // Cut short before anything was written: not complete, and older than all of them.
  await mkdir(campaignPath('2025-01-01T0700-lab', 'odd'), { recursive: true });
  // An earlier removal was cut short, and a line of it was damaged by a power cut.
  await mkdir(join(statePath, 'pruned.1', 'x'), { recursive: true });
  await writeFile(join(statePath, 'restored-earlier'), `2024-01-01T0700-lab\nx y z\n\0\0\n${ids[7]}\n`);
  const guard = guardOf('2026-12-01T0700-lab');
  await guard.take();
  expect(await names()).toEqual(['2025-01-01T0700-lab', ...ids.slice(3), '2026-12-01T0700-lab']);
  expect((await readdir(statePath)).filter((name) => /pruned|new/.test(name))).toEqual([]);
  const { campaigns } = await lookAtTarget(state());
  const complete = campaigns.filter(({ outcome }) => outcome === 'complete').map(({ campaign }) => campaign);
  expect(complete.toSorted()).toEqual(['2024-01-01T0700-lab', ...ids]);
  expect(campaigns.map(({ outcome }) => outcome).filter((outcome) => outcome === 'unrestored')).toHaveLength(
    1,
  );
  expect((await readFile(campaignPath(ids[3] ?? '', 'restore.sh'), 'utf8')).length).toBeGreaterThan(0);
  await guard.restore();
});

test.each(['incomplete\n', ''])('nothing is removed while one is not restored (%j)', async (outcome) => {
  const ids = await leave(KEPT + 3);
  await writeFile(campaignPath(ids[0] ?? '', 'restored'), outcome);
  const { stdout } = await runScript(machine, TAKE, [statePath, 'new', 'ab', '{}', '1000']);
  expect(stdout).toBe('unrestored\n');
  expect(await names()).toEqual(ids);
});

test('a folder without room for the names keeps everything, and the lease is taken', async () => {
  const ids = await leave(KEPT + 3);
  await mkdir(join(statePath, 'restored-earlier.new', 'in the way'), { recursive: true });
  const { stdout } = await runScript(machine, TAKE, [statePath, 'new', 'ab', '{}', '1000']);
  expect(stdout).toBe('held\n');
  expect(await names()).toEqual([...ids, 'new']);
});
