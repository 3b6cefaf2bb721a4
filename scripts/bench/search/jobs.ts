// What is asked of a worker, and what it answers.
import type { SamplerName } from '../../../src/search/sampler-names.ts';
import type { LandscapeName } from '../../../src/sim/landscape-names.ts';
import type { Once } from './search-once.ts';

/** Beside ours: Optuna's TPE, where Python has it. */
export const OPTUNA = 'optuna';
export type Contestant = SamplerName | typeof OPTUNA;

export type Job =
  | { readonly ask: 'optimum'; readonly landscape: LandscapeName }
  | {
      readonly ask: 'searches';
      readonly landscape: LandscapeName;
      readonly optimum: number;
      readonly noisePct: number;
      readonly samplers: readonly Contestant[];
      readonly seeds: readonly number[];
      /** The program that has Optuna. */
      readonly python: string | null;
    };

/** Searches of each sampler, in the order that was asked. */
export type Answer = { readonly optimum: number } | { readonly searches: readonly (readonly Once[])[] };
