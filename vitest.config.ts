// Two projects: "unit" runs in parallel and touches nothing; "lab" builds the real lab, one file at a time.
import { defineConfig } from 'vitest/config';

const isRoot = process.getuid?.() === 0;

if (!isRoot)
  process.stderr.write('test/lab is skipped: it builds network namespaces, which needs root (try sudo).\n');

export default defineConfig({
  test: {
    reporters: ['default', './test/support/plain-summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**'],
          setupFiles: ['./test/support/same-cases.ts'],
          // Some start a process of their own, on a machine that may be busy.
          testTimeout: 30_000,
          // Most of them wait for processes and timers, so one worker would leave a CPU idle.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          setupFiles: ['./test/support/same-cases.ts'],
          runner: './test/support/needs-root-runner.ts',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // After the unit tests, and alone: what it measures must not share the CPUs with them.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
