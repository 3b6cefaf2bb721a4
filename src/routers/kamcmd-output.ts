// kamcmd(8) prints records as `{ KEY: value … }`, and statistics as lines `group:name = value`.
import type { RouterStats } from './router.ts';

/** Each record as its keys and values. */
export function parseKamcmdRecords(text: string): readonly Readonly<Record<string, string>>[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries(
      [...body.matchAll(/^\s*([\w.-]+):\s*(.*)$/gm)].map(([, key = '', value = '']) => [key, value.trim()]),
    ),
  );
}

/** stats.get_statistics, pkg.stats and tm.stats as flat numbers, with the keys that both products share. */
export function flattenStats(allText: string, pkgText: string, tmText: string): RouterStats {
  const stats: Record<string, number> = {};
  for (const [, key = '', value] of allText.matchAll(/^([\w.-]+:\S+) = (\d+)$/gm)) stats[key] = Number(value);
  const [tm = {}] = parseKamcmdRecords(tmText);
  for (const [key, value] of Object.entries(tm)) put(stats, `tm.${key}`, value);
  put(stats, 'shm:totalBytes', stats['shmem:total_size']);
  put(stats, 'shm:usedBytes', stats['shmem:real_used_size']);
  put(stats, 'shm:maxUsedBytes', stats['shmem:max_used_size']);
  put(stats, 'tm:inUse', tm.current);
  const shares = parseKamcmdRecords(pkgText).map(
    (process) => Number(process.real_used) / Number(process.total_size),
  );
  const known = shares.filter(Number.isFinite);
  if (known.length > 0) stats['pkg:worstUsedShare'] = Math.max(...known);
  return stats;
}

function put(stats: Record<string, number>, key: string, value: string | number | undefined): void {
  if (value !== undefined && value !== '' && Number.isFinite(Number(value))) stats[key] = Number(value);
}
