// The scenario beside a campaign: what was resolved is what is read, and a damaged file is named.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { loadScenario } from '../../src/scenario/load-scenario.ts';
import type { Goal, Objective, Scenario } from '../../src/scenario/scenario.ts';
import { readScenario, writeScenario } from '../../src/store/scenario-file.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'siptune-test-scenario-'));
});
afterEach(() => rm(dir, { recursive: true }));

const file = () => join(dir, 'scenario.yaml');

test.each(['lab-kamailio', 'lab-opensips', 'lab-slow-link', 'staging'])('%s survives', async (name) => {
  const path = fileURLToPath(new URL(`../../scenarios/${name}.yaml`, import.meta.url));
  const loaded = await loadScenario(path, CATALOGUE);
  if (loaded.state === 'invalid') throw new Error(name);
  const scenario: Scenario = {
    ...loaded.scenario,
    load: {
      ...loaded.scenario.load,
      transport: 'tcp-per-call',
      arrivals: { kind: 'bursts', factor: 5, everyMs: 1_000, forMs: 100 },
      baseRateCps: 200,
      generators: [
        {
          caller: { netns: 'a', address: '198.18.1.1' },
          callee: { netns: undefined, address: '198.18.2.1' },
        },
      ],
    },
    background: 'allowed',
    keepInert: true,
    seed: 77,
  };
  await writeScenario(dir, scenario);
  expect((await stat(file())).mode & 0o077).toBe(0);
  // A key without a value is one that is not there.
  expect(await readScenario(dir)).toEqual(scenario);
  if (scenario.target.kind !== 'host') return;
  const elsewhere = { ...scenario.target, host: { user: 'root', name: 'sip1', port: 2222 } };
  await writeScenario(dir, { ...scenario, target: elsewhere });
  expect((await readScenario(dir)).target).toEqual(elsewhere);
});

test.each<Goal & { readonly also?: readonly Goal[] }>([
  { minimise: 'p99SetupMs', atRateCps: 900.5 },
  { maximise: 'burstCalls', also: [{ maximise: 'capacityCps' }, { minimise: 'memoryMib', atRateCps: 800 }] },
])('what is wanted survives: %j', async (goals) => {
  const path = fileURLToPath(new URL('../../scenarios/lab-kamailio.yaml', import.meta.url));
  const loaded = await loadScenario(path, CATALOGUE);
  if (loaded.state === 'invalid') throw new Error('lab-kamailio');
  const { guards, maxLoss, maxP99SetupMs } = loaded.scenario.objective;
  const objective = { ...goals, guards, maxLoss, maxP99SetupMs } as Objective;
  await writeScenario(dir, { ...loaded.scenario, objective });
  expect((await readScenario(dir)).objective).toEqual(objective);
});

test('a target from before other machines were known is on this one', async () => {
  const path = fileURLToPath(new URL('../../scenarios/staging.yaml', import.meta.url));
  const loaded = await loadScenario(path, CATALOGUE);
  if (loaded.state === 'invalid' || loaded.scenario.target.kind !== 'host') throw new Error('staging');
  const { host: _, ...target } = loaded.scenario.target;
  await writeScenario(dir, { ...loaded.scenario, target } as typeof loaded.scenario);
  expect((await readScenario(dir)).target).toEqual({ ...target, host: 'local' });
});

test.each([
  ['', 'is damaged'],
  ['name: [', 'is not whole YAML'],
  ['a: &a [1]\nb: *a', 'is not whole YAML'],
  [
    'name: x\npath: /x\ntarget: { kind: host, host: local, address: sip.example.com }',
    'is damaged (target.address',
  ],
  [
    'name: x\npath: /x\ntarget: { kind: host, host: { name: -oProxyCommand=id }, address: 192.0.2.1 }',
    'is damaged (target.host',
  ],
])('%j is refused, with the place', async (text, message) => {
  await writeFile(file(), text);
  const error = await readScenario(dir).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toContain(message);
  expect((error as UserError).message).toContain(file());
});

test('a file that was cut at any byte is refused or whole, never half a scenario', async () => {
  const path = fileURLToPath(new URL('../../scenarios/lab-kamailio.yaml', import.meta.url));
  const loaded = await loadScenario(path, CATALOGUE);
  if (loaded.state === 'invalid') throw new Error('lab-kamailio');
  await writeScenario(dir, loaded.scenario);
  const text = await readFile(file(), 'utf8');
  for (let length = 0; length < text.length - 10; length += 13) {
    await writeFile(file(), text.slice(0, length));
    await expect(readScenario(dir)).rejects.toThrow(UserError);
  }
});
