// A host made of a map: it has the files that it is given, does what a restore asks of it, and remembers every change.
import type { CommandResult, Host } from '../../src/targets/host.ts';

export interface Change {
  readonly netns: string | undefined;
  readonly path: string;
  readonly text: string;
}

export interface RecordingHost {
  readonly host: Host;
  /** By "netns path"; the machine's own have no netns. */
  readonly files: Map<string, string>;
  readonly changes: Change[];
  readonly commands: (readonly string[])[];
}

export function createRecordingHost(files: Readonly<Record<string, string>> = {}): RecordingHost {
  const recording = {
    files: new Map(Object.entries(files)),
    changes: [] as Change[],
    commands: [] as (readonly string[])[],
  };
  return { ...recording, host: hostIn(undefined, recording) };
}

export function fileKey(netns: string | undefined, path: string): string {
  return netns === undefined ? path : `${netns} ${path}`;
}

function hostIn(netns: string | undefined, recording: Omit<RecordingHost, 'host'>): Host {
  const { files, changes, commands } = recording;
  const result = (exitCode: number, stdout = ''): CommandResult => ({
    exitCode,
    signal: undefined,
    stdout,
    stderr: exitCode === 0 ? '' : 'no such file',
    timedOut: false,
    notFound: false,
  });
  const host: Host = {
    label: netns === undefined ? 'fake' : `fake, netns ${netns}`,
    netns,
    remote: false,
    get machine() {
      return netns === undefined ? host : hostIn(undefined, recording);
    },
    async run(argv) {
      const words = argv.filter((word) => word !== '--');
      switch (argv[0]) {
        case 'realpath':
          return files.has(words.at(-1) ?? '') ? result(0, `${words.at(-1)}\n`) : result(1);
        case 'cp':
        case 'sync':
          return result(0);
        case 'mv': {
          const [from = '', to = ''] = words.slice(-2);
          const text = files.get(from) ?? '';
          files.delete(from);
          files.set(to, text);
          changes.push({ netns, path: to, text });
          return result(0);
        }
        default:
          if (argv[0] !== 'tc') commands.push(argv);
          return result(0);
      }
    },
    async spawn() {
      throw new Error('a restore starts nothing that stays');
    },
    async readFiles(paths) {
      return new Map(paths.map((path) => [path, files.get(fileKey(netns, path)) ?? null]));
    },
    async writeFile(path, text) {
      files.set(fileKey(netns, path), text);
      if (!path.endsWith('.siptune-new')) changes.push({ netns, path, text });
    },
    async writeFiles(writes) {
      for (const { path, text } of writes) await host.writeFile(path, text);
      return writes.map(({ text }) => ({ state: 'written', readBack: text }));
    },
    inNetns: (name) => hostIn(name, recording),
  };
  return host;
}
