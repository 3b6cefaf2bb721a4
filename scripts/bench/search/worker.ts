// A process of the bench: optima and searches, one job at a time.
import { landscapeNamed } from '../../../src/sim/landscapes/index.ts';
import { serve } from '../pool.ts';
import { type Answer, type Contestant, type Job, OPTUNA } from './jobs.ts';
import { createJudge, type Judge, optimumOf } from './judge.ts';
import { type Optuna, startOptuna } from './optuna.ts';
import { type Contender, measureToday, type Once, searchOnce } from './search-once.ts';

const judges = new Map<string, Judge>();
let optuna: Optuna | null = null;

serve(answer);

async function answer(job: Job): Promise<Answer> {
  const landscape = landscapeNamed(job.landscape);
  if (job.ask === 'optimum') return { optimum: optimumOf(landscape) };
  const judge = judges.get(landscape.name) ?? createJudge(landscape, job.optimum);
  judges.set(landscape.name, judge);
  const searches = job.samplers.map((): Once[] => []);
  for (const seed of job.seeds) {
    const today = await measureToday(landscape, job.noisePct, seed);
    for (const [index, sampler] of job.samplers.entries())
      searches[index]?.push(await searchOnce(today, judge, contender(sampler, seed, job.python)));
  }
  return { searches };
}

function contender(sampler: Contestant, seed: number, python: string | null): Contender {
  if (sampler !== OPTUNA) return sampler;
  optuna ??= startOptuna(python ?? 'python3');
  const started = optuna;
  return (campaign) => started.propose(campaign, seed);
}
