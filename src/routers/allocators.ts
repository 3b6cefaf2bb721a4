// Memory managers of the two products under one set of names: Kamailio's own, which are the shorter ones.
import type { RouterFacts, RouterKind } from './router.ts';

/** Kamailio's name (`-x`), and what a build's flags and OpenSIPS (`-a`) call it. */
const FLAG_OF: Readonly<Record<string, string>> = {
  qm: 'Q_MALLOC',
  fm: 'F_MALLOC',
  tlsf: 'TLSF_MALLOC',
  hp: 'HP_MALLOC',
  fp: 'F_PARALLEL_MALLOC',
};

export const ALLOCATORS = Object.keys(FLAG_OF);

/** Those of the build that start with any sensible amount of memory. */
export function allocatorsOf({ allocators }: RouterFacts): readonly string[] {
  return ALLOCATORS.filter((name) => name !== SHARED_ONLY && allocators.includes(FLAG_OF[name] ?? ''));
}

/**
 * OpenSIPS has it for shared memory only (init_pkg_mallocs refuses it), in 128 pools, so that 3.6.8 does not start with it
 * below some 500 to 1,000 MiB: it is understood where a router runs with it, and not tried.
 */
const SHARED_ONLY = 'fp';

/** Arguments that choose it, for shared and private memory alike where it serves both. */
export function allocatorArgv(kind: RouterKind, name: string): readonly string[] {
  if (kind === 'kamailio') return ['-x', name, '-X', name];
  return [name === SHARED_ONLY ? '-s' : '-a', FLAG_OF[name] ?? name];
}

/** From the command line of a running router; undefined: its default. */
export function allocatorNamed(kind: RouterKind, value: string | undefined): string | undefined {
  return ALLOCATORS.find((name) => value === (kind === 'kamailio' ? name : FLAG_OF[name]));
}
