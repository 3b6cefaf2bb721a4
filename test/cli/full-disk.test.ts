// A disk that is full, for real: a small file system of the test's own, in a mount namespace that goes with the process.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const loader = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url));
/** FOLDER NODE LOADER PROGRAM, then pairs of options of mount(8) and commands of siptune. */
const SCRIPT = `folder=$1 node=$2 loader=$3 program=$4
shift 4
while [ $# -gt 0 ]; do
  mount -t tmpfs -o "$1" none "$folder"
  printf '%s' "$2" | "$node" --import "$loader" "$program"
  echo
  shift 2
done`;
const isRoot = process.getuid?.() === 0;

const manyCommands = fileURLToPath(new URL('many-commands.ts', import.meta.url));

type Ended = { readonly status: number; readonly stderr: string };

/** One process for each list of commands, and before each the disk is made, or made another; DISK stands for its folder. */
async function onSmallDisk(...steps: readonly [disk: string, commands: readonly string[]][]) {
  const folder = join(await tempDir(), 'disk');
  await mkdir(folder);
  const lists = steps.map(([disk, commands]) => [
    disk,
    JSON.stringify(commands.map((line) => line.replaceAll('DISK', folder).split(' '))),
  ]);
  const argv = ['-m', 'sh', '-ec', SCRIPT, 'sh', folder, process.execPath, loader, manyCommands];
  const { stdout } = await promisify(execFile)('unshare', [...argv, ...lists.flat()], { cwd: root });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): readonly Ended[] => JSON.parse(line));
}

test.skipIf(!isRoot)(
  'a campaign ends restored and keeps what it has; with room again it goes on to its end',
  async () => {
    const sim = 'scenarios/sim-article.yaml --budget 3m --quiet';
    const [full = [], roomy = []] = await onSmallDisk(
      ['size=64k', [`run ${sim} --out DISK`, 'resume --quiet --out DISK']],
      ['remount,size=16m', ['resume --quiet --out DISK', 'report --out DISK']],
    );
    expect(full.map(({ status }) => status)).toEqual([3, 3]);
    for (const { stderr } of full)
      expect(stderr).toMatch(
        /^the journal .*cannot be written: no space is left there \(ENOSPC\).*as it was before.*resume 20.*room\n$/,
      );
    expect([0, 1]).toContain(roomy[0]?.status);
    expect(roomy[1]?.status).toBe(0);
  },
  60_000,
);

test.skipIf(!isRoot)(
  'every command that writes says so, with the same status',
  async () => {
    const commands = (out: string) => [
      `export results/example --format all --out DISK`,
      `report results/example --figure DISK/x.svg`,
      `run scenarios/sim-article.yaml --quiet --out DISK/${out}`,
    ];
    const [full = [], readOnly = []] = await onSmallDisk(
      ['size=4k', commands('r')],
      ['remount,ro', commands('q')],
    );
    expect([...full, ...readOnly].map(({ status }) => status)).toEqual([3, 3, 3, 3, 3, 3]);
    for (const { stderr } of full)
      expect(stderr).toMatch(/no space is left there \(ENOSPC\)\. Make room.*\n$/);
    for (const { stderr } of readOnly) expect(stderr).toMatch(/is read-only \(EROFS\)\. Mount it.*\n$/);
  },
  60_000,
);
