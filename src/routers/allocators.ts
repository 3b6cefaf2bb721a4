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

/** Those that the build has. */
export function allocatorsOf({ allocators }: RouterFacts): readonly string[] {
  return ALLOCATORS.filter((name) => allocators.includes(FLAG_OF[name] ?? ''));
}

/** Arguments that choose it, for shared and private memory alike. */
export function allocatorArgv(kind: RouterKind, name: string): readonly string[] {
  return kind === 'kamailio' ? ['-x', name, '-X', name] : ['-a', FLAG_OF[name] ?? name];
}

/** From the command line of a running router; undefined: its default. */
export function allocatorNamed(kind: RouterKind, value: string | undefined): string | undefined {
  return ALLOCATORS.find((name) => value === (kind === 'kamailio' ? name : FLAG_OF[name]));
}
