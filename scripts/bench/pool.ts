// Does jobs on all CPUs at once, each in a process of its own kind.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Results in the order of the jobs. A worker takes the next job when it has answered the last one. */
export async function doAll<Job extends object, Result>(
  script: URL,
  jobs: readonly Job[],
  onDone: (done: number) => void,
): Promise<Result[]> {
  const results = new Array<Result>(jobs.length);
  let [next, done] = [0, 0];
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = fork(script, { execArgv: ['--import', 'tsx'] });
      let at = -1;
      const give = () => {
        at = next;
        next += 1;
        if (at < jobs.length) worker.send(jobs[at] as Job);
        else worker.disconnect();
      };
      worker.on('error', reject);
      worker.on('exit', (code) => {
        if (code === 0 && at >= jobs.length) resolve();
        else reject(new Error(`a worker ended with status ${code} before its work was done`));
      });
      worker.on('message', (result) => {
        results[at] = result as Result;
        done += 1;
        onDone(done);
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: Math.min(jobs.length, availableParallelism()) }, work));
  return results;
}

/** The other end: a worker that answers one job after the other. */
export function serve<Job, Result extends object>(answer: (job: Job) => Promise<Result>): void {
  process.on('message', (job: Job) => {
    answer(job).then(
      (result) => process.send?.(result),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
        process.exit(1);
      },
    );
  });
  // Whatever else it started ends with it.
  process.on('disconnect', () => process.exit(0));
}
