// An argument list as the text of a request to the agent: two functions, `check` and `go`. Every word of it is quoted.
import type { RunOptions, SpawnOptions } from '../host.ts';
import { quote, quoteAll } from '../shell-quote.ts';

/** What `check` says, and how it ends, when the command cannot start. */
export const MISSING_PROGRAM = 'siptune: no program ';
export const MISSING_FOLDER = 'siptune: no folder ';

/** From the signal that ends a command which takes too long to the one that it cannot ignore. */
const KILL_AFTER_S = 1;

interface Place {
  readonly netns: string | undefined;
}

export function runText(
  argv: readonly string[],
  { netns }: Place,
  options: RunOptions,
  timeoutMs: number,
): string {
  const words = ['timeout', '-k', String(KILL_AFTER_S), String(timeoutMs / 1000), ...inside(netns), ...argv];
  return functions(argv.slice(0, 1), options, `exec ${quoteAll(words)}`);
}

export function spawnText(argv: readonly string[], { netns }: Place, options: SpawnOptions): string {
  const pinned = options.cpus === undefined ? argv : ['taskset', '-c', options.cpus, ...argv];
  const needed = [argv[0] ?? '', ...(options.cpus === undefined ? [] : ['taskset'])];
  const output = [
    options.stdoutFile === undefined ? '' : ` >>${quote(options.stdoutFile)}`,
    options.stderrFile === undefined ? '' : ` 2>>${quote(options.stderrFile)}`,
  ].join('');
  // $heeding is the agent's own: constant words, or nothing.
  return functions(
    needed,
    options,
    `exec setsid $heeding ${quoteAll([...inside(netns), ...pinned])}${output}`,
  );
}

export function inside(netns: string | undefined): readonly string[] {
  return netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
}

function functions(
  programs: readonly string[],
  { cwd, env }: Pick<RunOptions, 'cwd' | 'env'>,
  command: string,
): string {
  const prelude = [
    ...(cwd === undefined
      ? []
      : [`cd -- ${quote(cwd)} 2>/dev/null || { echo ${quote(MISSING_FOLDER + cwd)} >&2; return 126; }`]),
    ...Object.entries(env ?? {}).map(([name, value]) => `export ${variable(name)}=${quote(value)}`),
  ];
  const checks = programs.map(
    (program) =>
      `command -v -- ${quote(program)} >/dev/null 2>&1 || { echo ${quote(MISSING_PROGRAM + program)} >&2; return 127; }`,
  );
  const body = (lines: readonly string[]) => `{ ${[...lines, ''].join('; ')}}`;
  // The check of a spawn is a subshell of its own, so both begin with the folder and the environment.
  return `check() ${body([...prelude, ...checks, ':'])}; go() ${body([...prelude, command])}`;
}

function variable(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return name;
  throw new RangeError(`${JSON.stringify(name)} is not the name of an environment variable`);
}
