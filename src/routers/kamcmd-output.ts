// kamcmd(8) prints records as `{ KEY: value … }`; nothing else of its form is needed.
import type { RouterStats } from './router.ts';

/** Each record as its keys and values. */
export function parseKamcmdRecords(text: string): readonly Readonly<Record<string, string>>[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries(
      [...body.matchAll(/^\s*([\w.-]+):\s*(.*)$/gm)].map(([, key = '', value = '']) => [key, value.trim()]),
    ),
  );
}

/** core.shmmem, pkg.stats and tm.stats as flat numbers, with the keys that both products share. */
export function flattenStats(
  shmText: string | null,
  pkgText: string | null,
  tmText: string | null,
): RouterStats {
  const stats: Record<string, number> = {};
  const [shm = {}] = parseKamcmdRecords(shmText ?? '');
  const [tm = {}] = parseKamcmdRecords(tmText ?? '');
  for (const [key, value] of Object.entries(shm)) put(stats, `shmmem.${key}`, value);
  for (const [key, value] of Object.entries(tm)) put(stats, `tm.${key}`, value);
  put(stats, 'shm:totalBytes', shm.total);
  put(stats, 'shm:usedBytes', shm.real_used);
  put(stats, 'shm:maxUsedBytes', shm.max_used);
  put(stats, 'tm:inUse', tm.current);
  const shares = parseKamcmdRecords(pkgText ?? '').flatMap(({ used, free, real_used: realUsed }) => {
    const share = Number(realUsed ?? used) / (Number(realUsed ?? used) + Number(free));
    return Number.isFinite(share) ? [share] : [];
  });
  if (shares.length > 0) stats['pkg:worstUsedShare'] = Math.max(...shares);
  return stats;
}

function put(stats: Record<string, number>, key: string, value: string | undefined): void {
  const number = Number(value);
  if (value !== undefined && value !== '' && Number.isFinite(number)) stats[key] = number;
}
