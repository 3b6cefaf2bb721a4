// OpenSIPS's statistics as flat numbers: its own names, and the keys that both products share.
import type { RouterStats } from './router.ts';

export function flattenOpensipsStats(answer: unknown): RouterStats {
  const stats: Record<string, number> = {};
  for (const [name, value] of Object.entries(answer ?? {}))
    if (typeof value === 'number') stats[name] = value;
  const copy = (key: string, from: string) => {
    const value = stats[from];
    if (value !== undefined) stats[key] = value;
  };
  copy('shm:totalBytes', 'shmem:total_size');
  copy('shm:usedBytes', 'shmem:real_used_size');
  copy('shm:maxUsedBytes', 'shmem:max_used_size');
  copy('tm:inUse', 'tm:inuse_transactions');
  // The high-water mark of each process: what it needs to parse a message, it needs only for a moment.
  const shares = Object.entries(stats).flatMap(([name, used]) => {
    const process = /^pkmem:(\d+)-max_used_size$/.exec(name)?.[1];
    const total = stats[`pkmem:${process}-total_size`];
    return total ? [used / total] : [];
  });
  if (shares.length > 0) stats['pkg:worstUsedShare'] = Math.max(...shares);
  return stats;
}
