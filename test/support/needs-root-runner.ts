// Without root the lab cannot be built: its tests are then reported as skipped, and none of their hooks runs.
import { type RunnerTask, TestRunner } from 'vitest';

export default class NeedsRootRunner extends TestRunner {
  onCollected(files: readonly RunnerTask[]): void {
    if (process.getuid?.() !== 0) files.forEach(skip);
  }
}

function skip(task: RunnerTask): void {
  task.mode = 'skip';
  if (task.type === 'suite') task.tasks.forEach(skip);
}
