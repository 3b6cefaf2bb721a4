// Campaigns on disk: results/<id>/ with the journal, the raw files of each trial and result.json.
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { cannotWrite, EXIT, UserError, writeProblemOf } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { makeFolder } from './make-folder.ts';
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
const LONGEST_SLUG = 60;
/** The minute that every ID begins with, then the scenario, and a number where a minute has several. */
const ID = /^\d{4}-\d{2}-\d{2}T\d{4}-(.*)$/;
const MINUTE_LENGTH = '2026-11-25T1700'.length;
/** More IDs in one message help nobody. */
const MOST_NAMED = 5;

/** Makes the folder of a new campaign; its ID is the minute and the scenario, made unique. */
export async function createCampaignDir(
  outDir: string,
  scenarioName: string,
  startedAt: Date,
): Promise<Campaign & { trialDir(n: number): string }> {
  const minute = startedAt.toISOString().slice(0, 16).replace(':', '');
  const stem = `${minute}-${slugOf(scenarioName)}`;
  try {
    await makeFolder(outDir);
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
    throw cannotWrite(`the results folder ${plainText(outDir)}`, error);
  }
}

/** A scenario's name as its campaigns' folders have it. */
function slugOf(scenarioName: string): string {
  const safe = scenarioName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, LONGEST_SLUG);
  return safe || 'campaign';
}

/** Whole or not at all: written beside, synced, renamed. */
export async function writeResult(dir: string, result: Result): Promise<void> {
  const path = join(dir, RESULT_FILE);
  const draft = `${path}.new`;
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(result, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw new UserError(
      `the result ${path} cannot be written: ${writeProblemOf(error).why}. What was measured stands in ${join(dir, JOURNAL_FILE)}`,
      EXIT.unsafe,
    );
  }
}

export async function readResult(dir: string): Promise<StoredResult> {
  const path = join(dir, RESULT_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      return { state: 'unreadable', why: whyNot(error) };
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
  if (schema !== RESULT_SCHEMA) {
    const what = typeof schema === 'number' ? `schema ${schema}` : 'no schema that siptune writes';
    return { state: 'unreadable', why: `${path} has ${what}; this siptune reads schema ${RESULT_SCHEMA}` };
  }
  const parsed = resultSchema.safeParse(value);
  if (parsed.success) return { state: 'found', result: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    state: 'unreadable',
    why: `${path}: ${plainText(issue?.path.join('.') ?? '')}: ${plainText(issue?.message ?? '')}`,
  };
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOTDIR') return 'it is not a folder';
  return code === 'EACCES' ? `${message}; campaigns belong to root: try sudo` : message;
}

/** Every folder that may be a campaign, oldest first; other files are passed over. */
export async function findCampaigns(outDir: string): Promise<readonly Campaign[]> {
  try {
    const entries = await readdir(outDir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({ id: name, dir: resolve(outDir, name) }))
      .sort((a, b) => byAge(a.id, b.id));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UserError(`the results folder ${plainText(outDir)} cannot be read: ${whyNot(error)}`);
  }
}

/** IDs begin with the minute, and the tenth campaign of a minute comes after the ninth. */
function byAge(a: string, b: string): number {
  const minutes = Math.sign(a.slice(0, MINUTE_LENGTH).localeCompare(b.slice(0, MINUTE_LENGTH), 'en'));
  return minutes || a.localeCompare(b, 'en', { numeric: true });
}

/** "Nothing to restore" would be a false comfort where siptune has looked in the wrong place. */
export async function requireResultsFolder(outDir: string): Promise<void> {
  if (await exists(outDir)) return;
  throw new UserError(
    `there is no results folder ${plainText(resolve(outDir))}: start siptune where the campaign was started, or name its folder with --out`,
  );
}

/** By ID, by path, by the scenario's name (the latest of it), by the beginning of an ID; the latest when nothing is named. */
export async function resolveCampaign(outDir: string, wanted: string | undefined): Promise<Campaign> {
  const folders = await findCampaigns(outDir);
  if (wanted === undefined || wanted === 'latest') {
    const latest = await lastOf(folders, isCampaign);
    if (latest) return latest;
    throw new UserError(
      `there are no campaigns in ${plainText(outDir)}: run one, or name another results folder`,
    );
  }
  const exact = folders.find(({ id }) => id === wanted);
  if (exact) return exact;
  const named = (await byPath(wanted)) ?? (await lastOf(folders, (folder) => isOfScenario(folder, wanted)));
  if (named) return named;
  const matching = wanted === '' ? [] : folders.filter(({ id }) => id.startsWith(wanted));
  const [only] = matching;
  if (only && matching.length === 1) return only;
  throw new UserError(
    matching.length > 1
      ? `"${plainText(wanted)}" could be ${someOf(matching)}: give more of the ID`
      : `there is no campaign "${plainText(wanted)}" in ${plainText(outDir)}; siptune list shows those that are`,
  );
}

async function lastOf(
  folders: readonly Campaign[],
  is: (folder: Campaign) => Promise<boolean>,
): Promise<Campaign | null> {
  for (const folder of folders.toReversed()) if (await is(folder)) return folder;
  return null;
}

async function isCampaign({ dir }: Campaign): Promise<boolean> {
  return (await exists(join(dir, JOURNAL_FILE))) || (await exists(join(dir, RESULT_FILE)));
}

/** The folder of a campaign, or a file in it, as a shell completes it. */
async function byPath(path: string): Promise<Campaign | null> {
  const file = basename(path);
  const dir = resolve(file === RESULT_FILE || file === JOURNAL_FILE ? dirname(path) : path);
  const campaign = { id: basename(dir), dir };
  return path !== '' && (await isCampaign(campaign)) ? campaign : null;
}

/** "…-lab-2" may be the second campaign of "lab" in its minute, or one of "lab 2": then the result knows. */
async function isOfScenario({ id, dir }: Campaign, scenario: string): Promise<boolean> {
  const slug = slugOf(scenario);
  const stored = scenario !== '' && couldBeOf(id, slug) ? await readResult(dir) : null;
  if (stored?.state === 'found') return slugOf(stored.result.scenario) === slug;
  return stored !== null;
}

/** By its ID alone: the scenario's name behind the minute, perhaps numbered. */
export function couldBeOf(id: string, slug: string): boolean {
  const rest = ID.exec(id)?.[1];
  if (rest === undefined) return false;
  return rest === slug || (rest.startsWith(`${slug}-`) && /^\d+$/.test(rest.slice(slug.length + 1)));
}

function someOf(campaigns: readonly Campaign[]): string {
  const named = campaigns.slice(-MOST_NAMED).map(({ id }) => plainText(id));
  const more = campaigns.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // What may not be looked at is there: reading it then says why not.
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}
