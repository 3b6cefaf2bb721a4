// What a meter costs must count while it still runs: mpstat has not been waited for when the window is over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import {
  parseStat,
  readTreeTicks,
  type StatRow,
  treeTicks,
} from '../../scripts/bench/meter-cost/tree-cpu.ts';

test('a line of /proc is read by its fields, whatever the process calls itself', () => {
  const line = '42 (a (b) c) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 100 1000 10 …\n';
  expect(parseStat(line)).toEqual({ pid: 42, parent: 7, name: 'a (b) c', ticks: 110 });
  expect(parseStat('')).toBeNull();
});

test('descendants count, those of others do not, and a generator is left out with all below it', () => {
  const row = (pid: number, parent: number, name: string, ticks: number): StatRow => ({
    pid,
    parent,
    name,
    ticks,
  });
  const rows = [
    row(1, 0, 'init', 1_000),
    row(10, 1, 'node', 1),
    row(11, 10, 'sh', 2),
    row(12, 11, 'mpstat', 4),
    row(13, 10, 'sipp', 100),
    row(14, 13, 'sh', 200),
    row(20, 1, 'node', 400),
  ];
  expect(treeTicks(rows, 10, new Set(['sipp']))).toBe(7);
});

test('what a child uses is seen while it runs, and is not lost when it ends', async () => {
  const before = await readTreeTicks(process.pid, new Set());
  const child = spawn('sh', ['-c', 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done; read _'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const own = await readTreeTicks(child.pid ?? 0, new Set());
  expect(own).toBeGreaterThan(0);
  expect(await readTreeTicks(process.pid, new Set())).toBeGreaterThanOrEqual(before + own);
  const without = await readTreeTicks(process.pid, new Set(['sh']));
  child.stdin.end('\n');
  await once(child, 'exit');
  expect(await readTreeTicks(process.pid, new Set())).toBeGreaterThanOrEqual(without + own);
});
