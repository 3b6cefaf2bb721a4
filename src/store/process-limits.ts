// What one generator process reaches on this machine, remembered from campaign to campaign: it takes half a minute to measure
// and changes with the machine and the program only. A file that is damaged is as good as none.
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { LoadSpec } from '../scenario/scenario.ts';
import { makeFolder } from './make-folder.ts';

export const LIMITS_FILE = 'process-limits.json';
const SCHEMA = 1;
/** Of those that were measured last. */
const MOST_KEPT = 50;

/** What the limit depends on. */
export interface LimitKey {
  readonly cpuModel: string;
  readonly loadCpus: number;
  readonly sippVersion: string;
  readonly kernel: string;
  readonly flow: LoadSpec['flow'];
  readonly transport: NonNullable<LoadSpec['transport']> | 'udp';
}

const file = z.object({
  schema: z.literal(SCHEMA),
  limits: z.array(
    z.object({
      key: z.record(z.string(), z.union([z.string(), z.number()])),
      limitCps: z.number().positive(),
      measuredAt: z.string(),
    }),
  ),
});

type Limits = z.output<typeof file>['limits'];

export async function recallLimit(dir: string, key: LimitKey): Promise<number | null> {
  return (await readLimits(dir)).find((one) => isSame(one.key, key))?.limitCps ?? null;
}

/** Whole or not at all. Rejects where the folder cannot be written to. */
export async function rememberLimit(dir: string, key: LimitKey, limitCps: number, at: Date): Promise<void> {
  const others = (await readLimits(dir)).filter((one) => !isSame(one.key, key));
  const limits = [...others, { key, limitCps, measuredAt: at.toISOString() }].slice(-MOST_KEPT);
  const path = join(dir, LIMITS_FILE);
  const draft = `${path}.new`;
  await makeFolder(dirname(path));
  try {
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify({ schema: SCHEMA, limits }, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function readLimits(dir: string): Promise<Limits> {
  try {
    const parsed = file.safeParse(JSON.parse(await readFile(join(dir, LIMITS_FILE), 'utf8')));
    return parsed.success ? parsed.data.limits : [];
  } catch {
    return [];
  }
}

function isSame(known: Limits[number]['key'], key: LimitKey): boolean {
  return Object.entries(key).every(([name, value]) => known[name] === value);
}
