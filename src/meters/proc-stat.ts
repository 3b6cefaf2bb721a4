// /proc/stat: what each CPU did with its clock ticks since boot.

export interface CpuTicks {
  readonly user: number;
  readonly sys: number;
  readonly softirq: number;
  readonly steal: number;
  readonly idle: number;
  /** All states. Guest time is part of user already and is not added again. */
  readonly total: number;
}

/** By CPU: "all" and each number. Offline CPUs are missing from the file and from the result. */
export type CpuTicksByCpu = Readonly<Record<string, CpuTicks>>;

export function parseProcStat(text: string): CpuTicksByCpu {
  const cpus: Record<string, CpuTicks> = {};
  for (const line of text.split('\n')) {
    const match = /^cpu(\d*) +(.+)$/.exec(line);
    if (!match) continue;
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (
      match[2] ?? ''
    )
      .split(' ')
      .map(Number);
    cpus[match[1] || 'all'] = {
      user: user + nice,
      sys: system,
      softirq,
      steal,
      idle: idle + iowait,
      total: user + nice + system + idle + iowait + irq + softirq + steal,
    };
  }
  return cpus;
}
