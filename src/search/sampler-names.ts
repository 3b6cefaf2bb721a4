// The names of the samplers, for those who only have to know what may be asked for.

export const SAMPLER_NAMES = [
  'guided',
  'local-steps',
  'gaussian-process',
  'tpe',
  'one-at-a-time',
  'sobol',
  'random',
] as const;

export type SamplerName = (typeof SAMPLER_NAMES)[number];

/** By the figures in results/search-bench.json. */
export const DEFAULT_SAMPLER: SamplerName = 'guided';
