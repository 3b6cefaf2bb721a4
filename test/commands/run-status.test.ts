// The exit status of a campaign: what is still changed on the target comes before everything else.
import { expect, test } from 'vitest';
import { statusOf } from '../../src/commands/run.ts';
import type { Result } from '../../src/store/result.ts';

const interrupted = AbortSignal.abort();
const running = new AbortController().signal;
const result = (some: Partial<Result>) =>
  ({ restored: true, reason: '', verdict: 'not-proven', ...some }) as Result;

test.each([
  ['improved', result({ verdict: 'improved' }), running, 0],
  ['not proven', result({}), running, 1],
  ['aborted', result({ verdict: 'aborted', reason: 'the router died' }), running, 3],
  ['interrupted', result({ verdict: 'aborted', reason: 'interrupted' }), interrupted, 130],
  ['improved and not restored', result({ verdict: 'improved', restored: false }), running, 3],
  ['interrupted and not restored', result({ verdict: 'aborted', restored: false }), interrupted, 3],
] as const)('%s', (_what, one, signal, status) => expect(statusOf(one, signal)).toBe(status));
