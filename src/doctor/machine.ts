// The machine: kernel, CPUs, memory, swap, and what its CPUs are allowed to do.
import { bytes, count } from '../report/numbers.ts';
import type { Check } from './check.ts';
import { note, ok, problem, type Remark, warning } from './finding.ts';

const GOVERNOR = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
const FILES = ['/proc/meminfo', '/proc/swaps', GOVERNOR, '/proc/sys/vm/swappiness'];
const KIB = 1024;

export const machine: Check = {
  area: 'machine',
  async examine(view) {
    const facts = await view.facts();
    if (facts.state === 'refused') return [problem('machine', facts.reason)];
    const { hostname, kernel, cpus, cpuModel, memoryMib } = facts.value;
    const files = await view.machine.readFiles(FILES);
    const text = (path: string) => files.get(path) ?? '';
    const availableKib = Number(/^MemAvailable:\s*(\d+)/m.exec(text('/proc/meminfo'))?.[1]);
    return [
      ok('kernel', `Linux ${kernel} on ${hostname}`),
      cpus === 1
        ? warning('CPUs', `1 × ${cpuModel}`, 'generators on this machine would share it with the router')
        : ok('CPUs', `${cpus} × ${cpuModel}`),
      ok(
        'memory',
        `${count(memoryMib)} MiB${Number.isFinite(availableKib) ? `, ${count(availableKib / KIB)} MiB available` : ''}`,
      ),
      ...swapRemarks(text('/proc/swaps'), text('/proc/sys/vm/swappiness').trim()),
      ...governorRemarks(text(GOVERNOR).trim()),
    ];
  },
};

/** Columns of /proc/swaps: file, type, size, used (KiB), priority. */
function swapRemarks(swaps: string, swappiness: string): readonly Remark[] {
  const used = swaps
    .split('\n')
    .slice(1)
    .map((line) => Number(line.trim().split(/\s+/)[3] ?? 0))
    .filter(Number.isFinite);
  const usedKib = used.reduce((sum, kib) => sum + kib, 0);
  if (usedKib === 0)
    return [ok('swap', used.length > 1 || swaps.trim().includes('\n') ? 'not used' : 'none')];
  return [
    warning(
      'swap',
      `${bytes(usedKib * KIB)} in use (vm.swappiness ${swappiness})`,
      'a router that waits for its memory drops calls: free memory first, or measurements tell of the disk',
    ),
  ];
}

function governorRemarks(governor: string): readonly Remark[] {
  if (governor === '') return [];
  return governor === 'performance'
    ? [ok('CPU frequency', 'governor performance')]
    : [
        note(
          'CPU frequency',
          `governor ${governor}`,
          'results scatter while the clock follows the load; performance keeps it still',
        ),
      ];
}
