// Campaigns on disk: results/<id>/ with the journal, the raw files of each trial and result.json.
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { EXIT, UserError } from '../errors.ts';
import { RESULT_SCHEMA, type Result } from './result.ts';
import { resultSchema } from './result-schema.ts';

export interface Campaign {
  readonly id: string;
  readonly dir: string;
}

export type StoredResult =
  | { readonly state: 'found'; readonly result: Result }
  /** The campaign has a journal and no result: it runs, or it was killed. */
  | { readonly state: 'unfinished'; readonly why: string }
  | { readonly state: 'unreadable'; readonly why: string };

const OWNER_ONLY = 0o700;
const RESULT_FILE = 'result.json';
const JOURNAL_FILE = 'journal.jsonl';

/** Makes the folder of a new campaign; its ID is the minute and the scenario, made unique. */
export async function createCampaignDir(
  outDir: string,
  scenarioName: string,
  startedAt: Date,
): Promise<Campaign & { trialDir(n: number): string }> {
  const minute = startedAt.toISOString().slice(0, 16).replace(':', '');
  const safe = scenarioName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  const stem = `${minute}-${safe || 'campaign'}`;
  try {
    await mkdir(outDir, { recursive: true });
    for (let n = 1; ; n += 1) {
      const id = n === 1 ? stem : `${stem}-${n}`;
      const dir = resolve(outDir, id);
      try {
        await mkdir(dir, { mode: OWNER_ONLY });
        return { id, dir, trialDir: (trial) => join(dir, 'trials', String(trial)) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  } catch (error) {
    throw new UserError(
      `the results folder ${outDir} cannot be written: ${error instanceof Error ? error.message : error}`,
      EXIT.unsafe,
    );
  }
}

/** Whole or not at all: written beside, synced, renamed. */
export async function writeResult(dir: string, result: Result): Promise<void> {
  const path = join(dir, RESULT_FILE);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(result, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

export async function readResult(dir: string): Promise<StoredResult> {
  const path = join(dir, RESULT_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return (await exists(join(dir, JOURNAL_FILE)))
      ? { state: 'unfinished', why: 'there is a journal and no result: it still runs, or it was killed' }
      : { state: 'unreadable', why: 'the folder has neither a journal nor a result' };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { state: 'unreadable', why: `${path} is not whole JSON` };
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== RESULT_SCHEMA)
    return {
      state: 'unreadable',
      why: `${path} has schema ${JSON.stringify(schema)}; this siptune reads schema ${RESULT_SCHEMA}`,
    };
  const parsed = resultSchema.safeParse(value);
  if (parsed.success) return { state: 'found', result: value as Result };
  const [issue] = parsed.error.issues;
  return { state: 'unreadable', why: `${path}: ${issue?.path.join('.')}: ${issue?.message}` };
}

/** Every folder that may be a campaign, oldest first; other files are passed over. */
export async function findCampaigns(outDir: string): Promise<readonly Campaign[]> {
  try {
    const entries = await readdir(outDir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({ id: name, dir: resolve(outDir, name) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return [];
    const reason = code === 'ENOTDIR' ? 'it is not a folder' : (error as Error).message;
    throw new UserError(`the results folder ${outDir} cannot be read: ${reason}`);
  }
}

/** "Nothing to restore" would be a false comfort where siptune has looked in the wrong place. */
export async function requireResultsFolder(outDir: string): Promise<void> {
  if (await exists(outDir)) return;
  throw new UserError(
    `there is no results folder ${resolve(outDir)}: start siptune where the campaign was started, or name its folder with --out`,
  );
}

/** By ID, by the beginning of one, by path, or the latest when nothing is named. */
export async function resolveCampaign(outDir: string, wanted: string | undefined): Promise<Campaign> {
  const campaigns = await findCampaigns(outDir);
  if (wanted === undefined || wanted === 'latest') {
    const latest = campaigns.at(-1);
    if (latest) return latest;
    throw new UserError(`there are no campaigns in ${outDir}: run one, or name another folder with --out`);
  }
  const exact = campaigns.find(({ id }) => id === wanted);
  if (exact) return exact;
  if (await exists(join(wanted, JOURNAL_FILE)))
    return { id: basename(resolve(wanted)), dir: resolve(wanted) };
  if (await exists(join(wanted, RESULT_FILE))) return { id: basename(resolve(wanted)), dir: resolve(wanted) };
  const matching = campaigns.filter(({ id }) => id.startsWith(wanted));
  const [only] = matching;
  if (only && matching.length === 1) return only;
  throw new UserError(
    matching.length > 1
      ? `"${wanted}" could be ${matching.map(({ id }) => id).join(', ')}: give more of the ID`
      : `there is no campaign "${wanted}" in ${outDir}; siptune list shows those that are`,
  );
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
