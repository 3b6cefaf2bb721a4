// Campaigns of the results folder that run, or that ended without putting everything back.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { undoOf } from '../campaign/undo.ts';
import { readJournal } from '../store/journal.ts';
import { findCampaigns } from '../store/result-store.ts';
import type { Host } from '../targets/host.ts';
import { attempt } from './attempt.ts';

export interface Unrestored {
  readonly id: string;
  readonly state: 'running' | 'unrestored' | 'unreadable';
  readonly detail: string;
  /** The other machine that it tuned, as its journal has it. */
  readonly on?: string | undefined;
}

/** A folder that is not there has no campaigns; one that may not be read could have any. */
export async function mayBeRead(resultsDir: string): Promise<boolean> {
  return readdir(resultsDir).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

export async function findUnrestored(resultsDir: string, machine: Host): Promise<readonly Unrestored[]> {
  const found: Unrestored[] = [];
  for (const { id, dir } of await findCampaigns(resultsDir)) {
    const journal = await attempt(() => readJournal(join(dir, 'journal.jsonl')));
    if (journal.state === 'refused') {
      found.push({ id, state: 'unreadable', detail: 'its journal' });
      continue;
    }
    const undo = undoOf(journal.value.events);
    if (undo === null) continue;
    found.push(
      (await runs(machine, undo.pid))
        ? { id, state: 'running', detail: `process ${undo.pid}` }
        : {
            ...{ id, state: 'unrestored' as const, on: undo.remote?.host },
            detail: `${undo.originals.length} settings recorded`,
          },
    );
  }
  return found;
}

/** A PID may have been given to somebody else since: only a node process counts. */
async function runs(machine: Host, pid: number | undefined): Promise<boolean> {
  if (pid === undefined) return false;
  const path = `/proc/${pid}/cmdline`;
  return ((await machine.readFiles([path])).get(path) ?? '').includes('node');
}
