// How long the queues of a device may become, as the kernel has them in force: the effect that txqueuelen is written for.
import type { Host } from '../targets/host.ts';

/** Limits of all its queues, also of those that a class has without being given one; null where tc shows none. */
export async function readQueueLimits(host: Host, device: string): Promise<string | null> {
  const { exitCode, stdout } = await host.run(['tc', '-j', 'qdisc', 'show', 'dev', device, 'invisible']);
  return exitCode === 0 ? parseQueueLimits(stdout) : null;
}

export function parseQueueLimits(json: string): string | null {
  let rows: unknown;
  try {
    rows = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Array.isArray(rows)) return null;
  const limits = rows.flatMap((row: { kind?: unknown; options?: { limit?: unknown } }) =>
    row?.options?.limit === undefined ? [] : [`${row.options.limit} (${row.kind})`],
  );
  return limits.length === 0 ? null : limits.join(', ');
}
