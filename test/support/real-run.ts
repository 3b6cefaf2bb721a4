// The program itself, run on the real lab: started, watched through its journal, and the machine compared before and after.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CampaignEvent } from '../../src/campaign/events.ts';
import { sysctlPath } from '../../src/knobs/access.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { readJournal } from '../../src/store/journal.ts';

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');
export const KAMAILIO_CONFIG = fileURLToPath(
  new URL('../../scenarios/routers/kamailio.cfg', import.meta.url),
);

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** One process, so that a signal reaches siptune itself. */
export function siptune(cwd: string, ...args: readonly string[]): Run {
  const child = spawn(process.execPath, ['--import', tsx, cli, ...args], { cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { child, ended };
}

/** The lab's Kamailio, with the least that makes a campaign; `more` overrides whole keys. */
export async function writeScenario(
  folder: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const path = join(folder, 'scenario.yaml');
  const scenario = {
    name: 'test',
    target: 'lab',
    router: {
      kind: 'kamailio',
      config: KAMAILIO_CONFIG,
      settings: { workers: 8, maxbuffer: '256 KiB', shm: '512 MiB', pkg: '8 MiB' },
    },
    load: { warmup: '500ms', window: '2s' },
    objective: { maximise: 'burst' },
    knobs: ['net.core.rmem_default', 'net.core.rmem_max', 'router.maxbuffer', 'router.workers'],
    contenders: ['article'],
    budget: '3m',
    ...more,
  };
  // JSON is YAML.
  await writeFile(path, JSON.stringify(scenario, null, 2));
  return path;
}

export async function campaignDir(results: string): Promise<string | undefined> {
  const [id] = await readdir(results).catch(() => []);
  return id === undefined ? undefined : join(results, id);
}

/** Waits for an event of the journal; undefined when the run ends before. */
export async function untilEvent(
  run: Run,
  results: string,
  wanted: (event: CampaignEvent) => boolean,
): Promise<CampaignEvent | undefined> {
  let over = false;
  void run.ended.then(() => {
    over = true;
  });
  for (;;) {
    const last = over;
    const dir = await campaignDir(results);
    const events = dir ? await readJournal(join(dir, 'journal.jsonl')).catch(() => undefined) : undefined;
    const found = events?.events.find(wanted);
    if (found !== undefined || last) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Every kernel knob of the catalogue, the namespaces, and whatever still runs with an address of the lab. */
export async function machineState(): Promise<Readonly<Record<string, string>>> {
  const state: Record<string, string> = {};
  for (const { access } of CATALOGUE)
    if (access.via === 'sysctl') state[access.key] = (await readFile(sysctlPath(access.key), 'utf8')).trim();
  state.namespaces = (await readdir('/run/netns').catch(() => []))
    .filter((name) => name.startsWith('siptune-'))
    .join();
  state.processes = (await labProcesses()).join('\n');
  return state;
}

async function labProcesses(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines
    .map((line) => line.replaceAll('\0', ' ').trim())
    .filter((line) => /^(\S*\/)?(kamailio|opensips|sipp|netserver|mpstat)\b/.test(line))
    .sort();
}
