// What needs root and a real kernel: an exported profile takes effect and is taken back, and a full disk stops the journal.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { profileOf } from '../../src/export/profile.ts';
import { shell } from '../../src/export/shell.ts';
import { sysctlD } from '../../src/export/sysctl-d.ts';
import { openJournal, readJournal } from '../../src/store/journal.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { withValues } from '../support/profiles.ts';

const KEY = 'net.core.rmem_default';
const KEY_PATH = '/proc/sys/net/core/rmem_default';
const STEP_BYTES = 4_096;

let dir = '';
let today = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'siptune-reading-'));
  today = Number(await readFile(KEY_PATH, 'utf8'));
});
afterAll(() => rm(dir, { recursive: true }));

const now = async () => Number((await execa('sysctl', ['-n', KEY])).stdout);
const profile = () => profileOf(withValues({ [KEY]: [today, today + STEP_BYTES] }));

test('the script applies the profile, does so once, and takes it back', async () => {
  const script = join(dir, 'profile.sh');
  await writeFile(script, shell.files(profile())[0]?.text ?? '');
  try {
    await execa('sh', [script, '--dry-run']);
    expect(await now()).toBe(today);
    await execa('sh', [script]);
    expect(await now()).toBe(today + STEP_BYTES);
    expect((await execa('sh', [script])).stdout).toBe(`${KEY} = ${today + STEP_BYTES} already`);
    await execa('sh', [script, '--revert']);
    expect(await now()).toBe(today);
  } finally {
    await writeFile(KEY_PATH, String(today));
  }
});

test('without root the script looks and does not touch', async () => {
  const script = shell.files(profile())[0]?.text ?? '';
  const nobody = { input: script, reject: false } as const;
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-s', '--'];
  expect(await execa('setpriv', [...asNobody, '--dry-run'], nobody)).toMatchObject({ exitCode: 0 });
  expect(await execa('setpriv', asNobody, nobody)).toMatchObject({ exitCode: 3 });
  expect(await now()).toBe(today);
});

test('sysctl takes the file for /etc/sysctl.d', async () => {
  const file = join(dir, '90-siptune.conf');
  await writeFile(file, sysctlD.files(profile())[0]?.text ?? '');
  try {
    const { stdout, stderr } = await execa('sysctl', ['-p', file]);
    expect({ stdout, stderr }).toEqual({ stdout: `${KEY} = ${today + STEP_BYTES}`, stderr: '' });
    expect(await now()).toBe(today + STEP_BYTES);
  } finally {
    await writeFile(KEY_PATH, String(today));
  }
});

test('a full disk stops the journal with status 3; with space again it goes on, and only what was lost is missing', async () => {
  const mount = await mkdtemp(join(tmpdir(), 'siptune-full-'));
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', mount]);
  try {
    const path = join(mount, 'journal.jsonl');
    await writeFile(join(mount, 'filler'), Buffer.alloc(16_384));
    const journal = await openJournal(path, createFakeClock());
    const append = (n: number) => journal.append({ type: 'warning', message: `${n} ${'x'.repeat(700)}` });
    let kept = 0;
    await expect(
      (async () => {
        for (; kept < 100; kept += 1) await append(kept);
      })(),
    ).rejects.toMatchObject({ name: 'UserError', exitStatus: 3, message: expect.stringContaining('ENOSPC') });
    expect(kept).toBeGreaterThan(5);
    await rm(join(mount, 'filler'));
    await append(1_000);
    await journal.close();
    const { events, torn, damaged } = await readJournal(path);
    expect(events).toHaveLength(kept + 1);
    expect(events.at(-1)).toMatchObject({ message: expect.stringMatching(/^1000 /) });
    expect({ torn, damaged: damaged.length }).toEqual({ torn: false, damaged: 1 });
  } finally {
    await execa('umount', [mount]);
    await rm(mount, { recursive: true });
  }
});
