// What ends a command besides its own errors: a place that cannot be written is said in a sentence, not in a stack trace.
import { open } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { afterRestore } from '../../src/campaign/after-restore.ts';
import { CannotRecord, cannotWrite, diskProblem, EXIT, UserError } from '../../src/errors.ts';

const errno = (code: string, path?: string) =>
  Object.assign(new Error(`${code}: in C's words`), { code, ...(path === undefined ? {} : { path }) });

test('a full disk is named with the file and what to do', async () => {
  const file = await open('/dev/full', 'w');
  const error = await file.writeFile('x').catch((problem: unknown) => problem);
  await file.close();
  expect(diskProblem(error)).toMatchObject({
    exitStatus: EXIT.unsafe,
    message: expect.stringMatching(/no space is left there \(ENOSPC\)\. Make room, or name another place$/),
  });
  expect(diskProblem(errno('ENOSPC', '/r/x'))?.message).toMatch(/^\/r\/x cannot be written: /);
});

test('everything else keeps its stack trace', () => {
  for (const error of [new Error('a bug'), errno('ENOENT'), errno('EACCES'), undefined, 'text'])
    expect(diskProblem(error)).toBeNull();
});

test.each([
  ['ENOSPC', EXIT.unsafe, 'no space is left'],
  ['EDQUOT', EXIT.unsafe, 'quota'],
  ['EROFS', EXIT.unsafe, 'read-only'],
  ['EIO', EXIT.unsafe, 'the device fails'],
  ['EACCES', EXIT.usage, 'Use sudo'],
  ['EPERM', EXIT.usage, 'Use sudo'],
  ['ENOTDIR', EXIT.usage, 'a file where a folder should be'],
  ['EEXIST', EXIT.usage, 'a file where a folder should be'],
  ['EISDIR', EXIT.usage, 'it is a folder'],
  ['ENOENT', EXIT.usage, 'does not exist'],
  ['ENAMETOOLONG', EXIT.usage, 'too long'],
  ['ELOOP', EXIT.usage, 'in a circle'],
  ['EWHATEVER', EXIT.unsafe, 'in C’s words'.replace('’', "'")],
])('%s: what, where, why and what to do; status %i', (code, exitStatus, words) => {
  const { message, ...error } = cannotWrite('the figure /r/x.svg', errno(code));
  expect(error).toMatchObject({ exitStatus });
  expect(message).toMatch(/^the figure \/r\/x\.svg cannot be written: [^\n]+\. [A-Z][^\n]+$/);
  expect(message).toContain(words);
  expect(message).toContain(code);
});

describe('a campaign that ends because its disk is full', () => {
  const full = new CannotRecord('the journal cannot be written');
  const back = { complete: true, failures: [] };
  const stuck = { complete: false, failures: ['txqueuelen: eth0 is gone'] };

  test('says that everything is back, and what was kept', () => {
    for (const failure of [full, errno('ENOSPC', '/r/trials/3/mpstat')]) {
      expect(afterRestore(failure, back, { id: 'c1', prepared: {} })).toMatchObject({
        exitStatus: EXIT.unsafe,
        message: expect.stringMatching(/cannot be written.*Every setting is as it was.*"siptune resume c1"/),
      });
      expect(afterRestore(failure, back, { id: 'c1', prepared: null })).toMatchObject({
        message: expect.not.stringContaining('resume'),
      });
    }
  });

  test('says first what is not back, whatever else went wrong', () => {
    for (const failure of [full, errno('ENOSPC'), new UserError('bad usage')])
      expect(afterRestore(failure, stuck, { id: 'c1', prepared: {} })).toMatchObject({
        exitStatus: EXIT.unsafe,
        message: expect.stringMatching(/^NOT everything was put back.*eth0 is gone.*siptune restore/),
      });
  });

  test('keeps other errors, and the stack of a bug', () => {
    for (const failure of [new UserError('the port is in use', EXIT.unsafe), new TypeError('x')])
      expect(afterRestore(failure, back, { id: 'c1', prepared: {} })).toBe(failure);
  });
});
