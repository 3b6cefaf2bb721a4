// The samplers by name.
import type { SamplerName } from '../sampler-names.ts';
import type { CreateStrategy } from '../strategy.ts';
import { gaussianProcess } from './gaussian-process.ts';
import { guided } from './guided.ts';
import { localSteps } from './local-steps.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { random } from './random.ts';
import { sobol } from './sobol.ts';
import { tpe } from './tpe.ts';

export const STRATEGIES: Readonly<Record<SamplerName, CreateStrategy>> = {
  guided,
  'local-steps': localSteps,
  'gaussian-process': gaussianProcess,
  tpe,
  'one-at-a-time': oneAtATime,
  sobol,
  random,
};
