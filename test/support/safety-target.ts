// A target for the tests of safety: its state stands in a temporary folder, and its "router" is a file. Processes are real ones.
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect } from 'vitest';
import type { NewEvent } from '../../src/campaign/events.ts';
import { systemClock } from '../../src/clock.ts';
import { createSafeguard, type SafeguardDeps } from '../../src/safety/safeguard.ts';
import type { RunningCommand } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Original } from '../../src/targets/original.ts';

export const ORIGINAL = 'SHM_MEMORY=64\n';
export const PERIOD_MS = 3_000;
/** A busy machine may take its time; what is asserted is the order of events. */
export const PATIENCE = { timeout: 25_000, interval: 50 };
const holderProgram = fileURLToPath(new URL('lease-holder.ts', import.meta.url));
export const machine = createLocalHost();

export let folder = '';
export let statePath = '';
export let file = '';
export const spawned: RunningCommand[] = [];
export const events: NewEvent[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-test-safety-'));
  statePath = join(folder, 'state');
  file = join(folder, 'defaults');
  await writeFile(file, ORIGINAL);
  events.length = 0;
});
afterEach(async () => {
  for (const command of spawned.splice(0)) {
    command.kill('SIGKILL');
    await command.exited;
  }
  // A timer that still waits ends with the folder of its campaign.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

export const campaignPath = (campaign: string, name: string) => join(statePath, 'campaigns', campaign, name);
export const content = () => readFile(file, 'utf8');
export const exists = async (path: string) => (await stat(path).catch(() => null)) !== null;
export const original = (): Original => ({
  knob: 'defaults',
  target: { via: 'service', defaultsFile: file, restartCommand: ['true'] },
  raw: ORIGINAL,
});
export const guardOf = (campaign: string, more: Partial<SafeguardDeps> = {}) =>
  createSafeguard({
    ...{
      machine,
      campaign,
      periodMs: PERIOD_MS,
      restartCommand: undefined,
      routerNetns: undefined,
      clock: systemClock,
      statePath,
    },
    emit: async (event) => void events.push(event),
    ...more,
  });

/** Several targets in one test, each with its own state and its own file, need not be waited for one after the other. */
export interface Place {
  readonly statePath: string;
  readonly file: string;
}

export async function anotherPlace(name: string): Promise<Place> {
  const place = { statePath: join(folder, name, 'state'), file: join(folder, name, 'defaults') };
  await mkdir(join(folder, name));
  await writeFile(place.file, ORIGINAL);
  return place;
}

/** A siptune in a process of its own, which changes the file and goes on changing it. */
export async function startHolder(
  campaign: string,
  env: Readonly<Record<string, string>> = {},
  periodMs = PERIOD_MS,
  at: Place = { statePath, file },
) {
  const out = `${at.file}.${campaign}.out`;
  await writeFile(out, '');
  const holder = await machine.spawn(
    [process.execPath, '--import', 'tsx', holderProgram, at.statePath, campaign, String(periodMs), at.file],
    { stdoutFile: out, stderrFile: out, env },
  );
  spawned.push(holder);
  const said = () => readFile(out, 'utf8');
  await expect.poll(said, PATIENCE).toMatch(/^(writing|end: .*)$/m);
  return { holder, said };
}
export const restoredByTimer = (campaign: string) =>
  expect.poll(() => exists(campaignPath(campaign, 'restored')), PATIENCE).toBe(true);
