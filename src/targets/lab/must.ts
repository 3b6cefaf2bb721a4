// A step of the lab that has to succeed, or the user is told which one did not and why.
import { EXIT, UserError } from '../../errors.ts';
import type { Host } from '../host.ts';

/** What the kernel's answers mean where they do not say it. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/Unknown device type|RTNETLINK answers: Not supported/, 'the kernel has no veth devices (module veth)'],
  [/qdisc kind is unknown/, 'the kernel has no HTB (module sch_htb)'],
];

export async function must(host: Host, argv: readonly string[]): Promise<void> {
  const result = await host.run(argv);
  if (result.exitCode === 0) return;
  const reason = result.timedOut ? 'no answer in time' : result.stderr.trim();
  const hint = HINTS.find(([pattern]) => pattern.test(reason))?.[1];
  throw new UserError(
    `lab: "${argv.join(' ')}" (${host.label}) failed: ${reason}${hint === undefined ? '' : `; ${hint}`}`,
    EXIT.unsafe,
  );
}
