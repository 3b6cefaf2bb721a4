// Whose CPU is whose: a router that shares a core with its generators is not the thing under test.

export interface CpuSplit {
  /** CPU lists for taskset(1). */
  readonly routerCpus: string;
  readonly loadCpus: string;
}

/** First half for the router, second half for the generators; on one CPU both have it. */
export function splitCpus(cpus: number): CpuSplit {
  const half = Math.floor(cpus / 2);
  if (half === 0) return { routerCpus: '0', loadCpus: '0' };
  return { routerCpus: cpuRange(0, half - 1), loadCpus: cpuRange(half, cpus - 1) };
}

function cpuRange(first: number, last: number): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

const BITS_PER_WORD = 32;

/** A CPU mask as the kernel's bitmap files want it: hexadecimal words of 32 bits, highest first. */
export function cpuMask(cpus: readonly number[]): string {
  const words = Array.from({ length: Math.floor(Math.max(0, ...cpus) / BITS_PER_WORD) + 1 }, () => 0);
  for (const cpu of cpus) {
    const word = Math.floor(cpu / BITS_PER_WORD);
    words[word] = (words[word] ?? 0) + 2 ** (cpu % BITS_PER_WORD);
  }
  return words
    .map((word) => word.toString(16).padStart(8, '0'))
    .reverse()
    .join(',');
}
