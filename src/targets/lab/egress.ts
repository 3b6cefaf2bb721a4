// The router's link towards the callee, limited to a rate: the only place in the lab where txqueuelen matters.
import type { Host } from '../host.ts';
import { LAB } from './layout.ts';
import { must } from './must.ts';

const DEVICE = LAB.routerToCallee;
/** tc(8) prints a rate with three digits at worst. */
const PRINTED_PRECISION = 0.002;
const BITS_PER_UNIT: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/**
 * HTB with one class for everything. The class is given no queue, so the kernel makes it a pfifo whose limit is the
 * device's txqueuelen at that moment (net/sched/sch_htb.c, sch_fifo.c). undefined: no rate limit, and no queue.
 */
export async function limitEgress(machine: Host, bitsPerS: number | undefined): Promise<void> {
  const router = machine.inNetns(LAB.routerNetns);
  if ((await egressRate(machine)) !== undefined)
    await must(router, ['tc', 'qdisc', 'del', 'dev', DEVICE, 'root']);
  if (bitsPerS === undefined) return;
  const tc = (text: string, ...rest: string[]) => must(router, ['tc', ...text.split(' '), ...rest]);
  await tc(`qdisc add dev ${DEVICE} root handle 1: htb default 10`);
  await tc(`class add dev ${DEVICE} parent 1: classid 1:10 htb rate`, `${Math.round(bitsPerS)}bit`);
}

/** The rate in force, bits/s; undefined without a limit. */
export async function egressRate(machine: Host): Promise<number | undefined> {
  // As text: with -j, tc of Debian 12 prints classes as text all the same.
  const shown = await machine.inNetns(LAB.routerNetns).run(['tc', 'class', 'show', 'dev', DEVICE]);
  const match = /^class htb .*\brate ([\d.]+)([KMGT]?)bit\b/m.exec(shown.stdout);
  return match ? Number(match[1]) * (BITS_PER_UNIT[match[2] ?? ''] ?? 1) : undefined;
}

export function sameRate(one: number | undefined, other: number | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Math.abs(one - other) <= PRINTED_PRECISION * other;
}
