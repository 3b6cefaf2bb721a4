// A host made of tables: what each command prints and what each file holds. A command without an entry is not installed.
import type { CommandResult, Host, RunOptions } from '../../src/targets/host.ts';

type Answer = string | Partial<CommandResult>;

export interface FakeHostTables {
  /** By the argument list, joined by blanks; or by the program alone, for whatever arguments. */
  readonly commands: Readonly<Record<string, Answer>>;
  /** A list is given out look by look; its last text stays. */
  readonly files: Readonly<Record<string, string | readonly string[]>>;
}

export interface FakeHost extends Host {
  /** Everything that was run. */
  readonly ran: readonly (readonly string[])[];
}

const DONE: CommandResult = {
  exitCode: 0,
  signal: undefined,
  stdout: '',
  stderr: '',
  timedOut: false,
  notFound: false,
};

export function createFakeHost({ commands, files }: FakeHostTables, netns?: string): FakeHost {
  const ran: (readonly string[])[] = [];
  const looks = new Map<string, number>();
  const installed = (program: string) => Object.keys(commands).some((key) => key.split(' ')[0] === program);

  const run = async (argv: readonly string[], _options?: RunOptions): Promise<CommandResult> => {
    ran.push(argv);
    const [program = '', option, script = '', , ...args] = argv;
    if (program === 'sh' && option === '-c' && installed('sh') && script.includes('command -v'))
      return { ...DONE, stdout: args.map((arg) => (installed(arg) ? '+\n' : '-\n')).join('') };
    const answer = commands[argv.join(' ')] ?? commands[program];
    if (answer !== undefined)
      return typeof answer === 'string' ? { ...DONE, stdout: answer } : { ...DONE, ...answer };
    return installed(program)
      ? { ...DONE, exitCode: 1, stderr: `${program}: the test has no answer to ${argv.join(' ')}` }
      : { ...DONE, exitCode: undefined, stderr: `${program}: not found`, notFound: true };
  };

  const host: FakeHost = {
    label: netns === undefined ? 'fake' : `fake, netns ${netns}`,
    netns,
    remote: false,
    get machine() {
      return netns === undefined ? host : createFakeHost({ commands, files });
    },
    ran,
    run,
    async spawn(argv) {
      throw new Error(`who only looks starts nothing: ${argv.join(' ')}`);
    },
    async readFiles(paths) {
      return new Map(
        paths.map((path) => {
          const held = files[path];
          if (held === undefined) return [path, null];
          if (typeof held === 'string') return [path, held];
          const look = looks.get(path) ?? 0;
          looks.set(path, look + 1);
          return [path, held[Math.min(look, held.length - 1)] ?? null];
        }),
      );
    },
    async writeFile(path) {
      throw new Error(`who only looks writes nothing: ${path}`);
    },
    async writeFiles(writes) {
      throw new Error(`who only looks writes nothing: ${writes.map(({ path }) => path).join(' ')}`);
    },
    inNetns: (name) => createFakeHost({ commands, files }, name),
  };
  return host;
}
