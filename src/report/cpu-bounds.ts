// The rate at which the router's CPUs would be full, beside each capacity: what no setting can give.
import type { MeasuredConfiguration, Result } from '../store/result.ts';
import { count } from './numbers.ts';
import { plainText } from './plain-text.ts';

/** A line for each configuration of which it is known. */
export function cpuBoundLines({ baseline, contenders, winner }: Result): readonly string[] {
  return [
    ...(baseline ? lineOf('current', baseline) : []),
    ...contenders.flatMap((contender) => lineOf(contender.name, contender)),
    ...(winner ? lineOf('winner', winner) : []),
  ];
}

function lineOf(name: string, { cpuBound }: MeasuredConfiguration): readonly string[] {
  if (!cpuBound) return [];
  const { cpuMsPerCall, fullAtCps, capacityShare } = cpuBound;
  const share =
    capacityShare === null ? '' : `; its capacity is ${(capacityShare * 100).toFixed(0)} % of that`;
  return [
    `${plainText(name)}: ${count(fullAtCps)} calls/s, at ${cpuMsPerCall} ms of CPU time a call${share}`,
  ];
}
