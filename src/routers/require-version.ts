// A router's program that says nothing of itself is not taken for one: it may be no program, or belong to somebody else.
import { EXIT, UserError } from '../errors.ts';
import type { CommandResult } from '../targets/host.ts';
import type { RouterFacts } from './router.ts';

/** A wrapper without a version of its own is let through as long as it answers. */
export function requireVersion(
  facts: RouterFacts,
  argv: readonly string[],
  { exitCode, stdout, stderr }: CommandResult,
  label: string,
): RouterFacts {
  if (facts.version !== 'unknown' || (exitCode === 0 && stdout.trim() !== '')) return facts;
  const said = (stderr.trim() || stdout.trim()).split('\n')[0] || 'it said nothing';
  throw new UserError(
    `"${argv.join(' ')}" on ${label} tells no version: ${said}. Check that the program can be run there`,
    EXIT.unsafe,
  );
}
