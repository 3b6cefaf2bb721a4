// What ended a campaign early, as its user wants to hear it: with what became of the router, and of an hour's trials.
import { CannotRecord, diskProblem, EXIT, UserError } from '../errors.ts';
import type { RestoreOutcome } from './test-bed.ts';

/** `prepared` is null before anything was measured. A bug stays the error that it is. */
export function afterRestore(
  failure: unknown,
  { complete, failures }: RestoreOutcome,
  { id, prepared }: { readonly id: string; readonly prepared: unknown },
): unknown {
  const disk = failure instanceof CannotRecord ? failure : diskProblem(failure);
  const known = failure instanceof UserError ? failure : disk;
  if (known === null) return failure;
  // What is still changed on the target weighs more than what else went wrong.
  if (!complete)
    return new UserError(
      `NOT everything was put back to what it was: ${failures.join('; ')}. Put it right, then run "siptune restore". ` +
        `The campaign had ended because ${known.message}`,
      EXIT.unsafe,
    );
  if (disk === null) return failure;
  const kept =
    prepared === null
      ? ''
      : `; what was measured so far is kept, and "siptune resume ${id}" goes on once there is room`;
  return new CannotRecord(`${disk.message}. Every setting is as it was before the campaign${kept}`);
}
