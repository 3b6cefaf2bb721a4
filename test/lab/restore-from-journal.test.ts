// siptune restore from a journal that has a gap, as root, for it would write: each loss is told, and told once.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { EXIT } from '../../src/errors.ts';
import { openJournal } from '../../src/store/journal.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const ID = 'test-restore-with-a-gap';

let out = '';
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'siptune-test-gap-'));
});
afterAll(() => rm(out, { recursive: true }));

test('a setting that was changed and whose original is not in the journal is told once', async () => {
  await mkdir(join(out, ID));
  const journal = await openJournal(join(out, ID, 'journal.jsonl'), systemClock);
  await journal.append({ type: 'originals-complete' });
  await journal.append({
    ...{ type: 'write', knob: 'net.core.rmem_max', raw: '4194304', reason: 'test' },
    target: { via: 'sysctl', key: 'net.core.rmem_max', netns: undefined },
  });
  await journal.close();
  const argv = [process.execPath, '--import', 'tsx', CLI, 'restore', ID, '--out', out, '--json'];
  const { exitCode, stdout } = await createLocalHost().run(argv, { timeoutMs: 60_000 });
  expect(JSON.parse(stdout)).toEqual([
    {
      ...{ id: ID, restored: [], unchanged: 0 },
      failures: ['net.core.rmem_max was changed, and its original value is not in the journal'],
    },
  ]);
  expect(exitCode).toBe(EXIT.unsafe);
});
