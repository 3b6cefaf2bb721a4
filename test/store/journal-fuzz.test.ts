// A restore runs as root and does what a file says. Whatever has happened to that file, by accident or on purpose: no
// stack trace, nothing written but a knob of the catalogue at its own place, no signal to a stranger, and every damaged
// place named.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { undoOf } from '../../src/campaign/undo.ts';
import { sysctlPath, txqueuelenPath } from '../../src/knobs/access.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { endLeftoverRouter } from '../../src/routers/leftover-router.ts';
import { createRandom } from '../../src/stats/random.ts';
import { readJournal } from '../../src/store/journal.ts';
import { formatLine } from '../../src/store/journal-line.ts';
import type { Original } from '../../src/targets/original.ts';
import { restoreOriginals } from '../../src/targets/originals.ts';
import {
  DEFAULTS_FILE,
  DEVICE,
  RECORDED,
  ROUTER_NETNS,
  ROUTER_PIDS,
  recordJournal,
} from '../support/recorded-journal.ts';
import { type Change, createRecordingHost, fileKey } from '../support/recording-host.ts';

const DAMAGES = 1_200;
const FORGERIES = 800;
/** Originals, the first writes and the first trials. */
const LINES_TO_FORGE = 60;

let folder = '';
let path = '';
let whole: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-journal-fuzz-'));
  path = join(folder, 'journal.jsonl');
  await recordJournal(path);
  whole = await readFile(path);
});
afterAll(() => rm(folder, { recursive: true }));

const sysctls = CATALOGUE.flatMap(({ access, scope }) =>
  access.via === 'sysctl' ? [{ path: sysctlPath(access.key), scope }] : [],
);

/** The machine as a campaign left it: everything is siptune's, and next to it stands what must never be touched. */
function leftMachine() {
  const cmdline = (dir: string) => `kamailio\0-f\0${dir}/router/kamailio.cfg\0-w\0${dir}/router\0`;
  return createRecordingHost({
    ...Object.fromEntries(
      sysctls.flatMap(({ path: file, scope }) => [
        [file, '1000001\n'],
        ...(scope === 'host' ? [] : [[fileKey(ROUTER_NETNS, file), '1000001\n']]),
      ]),
    ),
    [fileKey(ROUTER_NETNS, txqueuelenPath(DEVICE))]: '1000002\n',
    [DEFAULTS_FILE]: '# sizes in MB\nSHM_MEMORY=96\nUSER=kamailio\nPKG_MEMORY=16\n',
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
    '/proc/sys/kernel/core_pattern': 'core\n',
    '/proc/sys/kernel/modprobe': '/sbin/modprobe\n',
    ...Object.fromEntries(ROUTER_PIDS.map((pid) => [`/proc/${pid}/cmdline`, cmdline(folder)])),
    // Strangers: PID 1, a pager on the campaign's log, another campaign's router.
    '/proc/1/cmdline': cmdline(folder),
    '/proc/77/cmdline': `tail\0-f\0${folder}/router/router.log\0`,
    '/proc/78/cmdline': cmdline('/elsewhere'),
  });
}

/** What `siptune restore` does with a journal, on a machine that remembers what was done to it. */
async function restoreFrom(bytes: Uint8Array) {
  await writeFile(path, bytes);
  const journal = await readJournal(path);
  const undo = undoOf(journal.events, journal.damaged);
  const machine = leftMachine();
  const killed: number[] = [];
  await endLeftoverRouter(machine.host, undo?.routerPids ?? [], `${folder}/router`, (pid) =>
    killed.push(pid),
  );
  const steps = undo ? await restoreOriginals(undo.originals, machine.host) : [];
  const failures = steps.flatMap(({ outcome }) => (outcome.state === 'failed' ? [outcome.reason] : []));
  return { journal, undo, machine, killed, said: [...failures, ...(undo?.lost ?? [])] };
}
type Restored = Awaited<ReturnType<typeof restoreFrom>>;

function isSafe({ journal, machine, killed, said }: Restored, bytes: Uint8Array): void {
  expect(machine.changes.filter((change) => !mayBeWritten(change))).toEqual([]);
  for (const pid of killed) expect(ROUTER_PIDS).toContain(pid);
  const lines = Buffer.from(bytes).toString().split('\n').length;
  for (const { line, reason } of journal.damaged) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(reason.length).toBeLessThan(400);
    expect(reason).not.toMatch(/undefined|\[object|\n {4}at /);
  }
  for (const reason of said) expect(reason).not.toMatch(/undefined|\[object|\n {4}at /);
}

function mayBeWritten({ netns, path: file, text }: Change): boolean {
  const sysctl = sysctls.find((one) => one.path === file);
  if (sysctl) return /^[-\d ]+\n$/.test(text) && (netns === undefined || sysctl.scope !== 'host');
  if (/^\/sys\/class\/net\/[\w.:@-]+\/tx_queue_len$/.test(file) && !file.includes('..'))
    return /^[-\d ]+\n$/.test(text);
  // Of the service's file, only its memory sizes.
  const others = text.split('\n').filter((line) => !/^(SHM|PKG|S|P)_MEMORY=/.test(line));
  return file === DEFAULTS_FILE && others.join('\n') === '# sizes in MB\nUSER=kamailio\n';
}

test('undamaged, it restores everything and ends the router', async () => {
  const restored = await restoreFrom(whole);
  expect(restored.journal).toMatchObject({ damaged: [], torn: false });
  expect(restored.journal.events.length).toBeGreaterThan(100);
  expect(restored.said).toEqual([]);
  expect(restored.killed).toEqual(ROUTER_PIDS);
  expect(notRestored(restored)).toEqual([]);
  isSafe(restored, whole);
});

test(`${DAMAGES} damaged journals: what was recorded is put back to the digit, or is named`, async () => {
  const random = createRandom(20_260_101);
  const below = (n: number) => Math.floor(random() * n);
  const values = new Set(RECORDED.map(({ raw }) => raw));
  let named = 0;
  for (let n = 0; n < DAMAGES; n += 1) {
    const bytes = damage(whole, below);
    const restored = await restoreFrom(bytes);
    isSafe(restored, bytes);
    // Nothing but what was recorded is ever written, whatever digit was hit.
    const odd = restored.machine.changes.filter(
      ({ path: file, text }) => !values.has(file === DEFAULTS_FILE ? text : text.trim()),
    );
    expect(odd).toEqual([]);
    const missed = notRestored(restored);
    // Changed afterwards and not put back: that must be said. What the journal breaks off before was never changed.
    const changed = restored.journal.events.some(({ type }) => type === 'write');
    if (missed.length > 0 && changed) {
      expect(
        restored.said,
        `${n}: ${missed} ${restored.journal.damaged.map((d) => d.line + d.reason)} ${restored.journal.events.slice(0, 16).map(({ type }) => type)}`,
      ).not.toEqual([]);
      named += 1;
    }
  }
  expect(named).toBeGreaterThan(20);
}, 240_000);

test(`${FORGERIES} forged journals: well-formed lines that ask for what no restore may do`, async () => {
  const random = createRandom(7);
  const below = (n: number) => Math.floor(random() * n);
  const lines = whole.toString().split('\n').slice(0, LINES_TO_FORGE);
  const plain = lines.map((line) => line.replace(/,"crc":"[0-9a-f]{8}"\}$/, '}'));
  for (let n = 0; n < FORGERIES; n += 1) {
    const forged = JSON.stringify(forgery(below));
    const at = below(RECORDED.length + 4);
    // Checksums are no secret: with them, and in a journal that never had any.
    const bytes = Buffer.from(
      n % 2 === 0
        ? [...lines.slice(0, at), formatLine(JSON.parse(forged)).trimEnd(), ...lines.slice(at)].join('\n')
        : [...plain.slice(0, at), forged, ...plain.slice(at), ''].join('\n'),
    );
    const restored = await restoreFrom(bytes);
    isSafe(restored, bytes);
    for (const command of restored.machine.commands)
      expect(command).toEqual(['systemctl', 'restart', 'kamailio']);
    expect(restored.journal.damaged, forged).toMatchObject([{ line: at + 1 }]);
  }
}, 240_000);

/** Knobs that do not have what was recorded. */
function notRestored({ machine }: Restored): readonly string[] {
  const now = ({ target }: Original): string | undefined => {
    if (target.via === 'sysctl') return machine.files.get(fileKey(target.netns, sysctlPath(target.key)));
    if (target.via === 'txqueuelen')
      return machine.files.get(fileKey(target.netns, txqueuelenPath(target.device)));
    return machine.files.get(DEFAULTS_FILE);
  };
  return RECORDED.filter((original) => now(original)?.trim() !== original.raw.trim()).map(({ knob }) => knob);
}

/** Mostly in the first lines, where the originals stand. */
function damage(bytes: Buffer, below: (n: number) => number): Buffer {
  const originalsEnd = bytes.indexOf('"originals-complete"');
  const offset = () => (below(4) === 0 ? below(bytes.length) : below(originalsEnd));
  const lines = bytes.toString().split('\n');
  const line = () => (below(4) === 0 ? below(lines.length - 1) : below(RECORDED.length + 4));
  const joined = (all: readonly string[]) => Buffer.from(all.join('\n'));
  const at = line();
  switch (below(13)) {
    case 0:
      return bytes.subarray(0, below(bytes.length));
    case 1: {
      const copy = Buffer.from(bytes);
      for (let n = below(6); n >= 0; n -= 1) {
        const place = offset();
        copy[place] = (copy[place] ?? 0) ^ (1 << below(8));
      }
      return copy;
    }
    case 2: {
      const from = offset();
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + below(300))]);
    }
    case 3:
      return joined(lines.toSpliced(at, 1 + below(3)));
    case 4:
      return joined(lines.toSpliced(at, 0, lines[at] ?? '', lines[at] ?? ''));
    case 5:
      return joined(lines.toSpliced(at, 1).toSpliced(line(), 0, lines[at] ?? ''));
    case 6:
      return joined(
        lines.toSpliced(
          at,
          0,
          ['', '{}', 'null', '[]', '"x"', 'not json', '{"type":"original"}'][below(7)] ?? '',
        ),
      );
    case 7:
      return joined(lines.toSpliced(at, 0, '['.repeat(100_000)));
    case 8:
      return joined(
        lines.toSpliced(at, 0, `{"at":"2026-01-01","type":"warning","message":"${'x'.repeat(1_000_000)}"}`),
      );
    case 9: {
      // A block that the disk never wrote.
      const copy = Buffer.from(bytes);
      const from = offset();
      return copy.fill(0, from, Math.min(copy.length, from + 1 + below(4096)));
    }
    case 10: {
      const digits = [...bytes.toString('latin1').matchAll(/"raw":"(\d)/g)].map(({ index }) => index + 7);
      const place = digits[below(Math.min(digits.length, RECORDED.length))] ?? 0;
      const copy = Buffer.from(bytes);
      copy[place] = 48 + below(10);
      return copy;
    }
    case 11:
      return Buffer.from(bytes.toString().replaceAll('\n', '\r\n'));
    default:
      return Buffer.concat([
        bytes.subarray(0, offset()),
        Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
        bytes.subarray(offset()),
      ]);
  }
}

/** One event that must be refused as a whole. */
function forgery(below: (n: number) => number): unknown {
  const pick = <T>(...all: readonly T[]): T => all[below(all.length)] as T;
  const at = '2026-01-01T00:00:00.000Z';
  const original = (knob: unknown, target: unknown, raw: unknown = '1') => ({
    at,
    type: 'original',
    knob,
    target,
    raw,
  });
  const key = pick<unknown>(
    ...[
      '../../etc/passwd',
      'kernel.core_pattern',
      'kernel/modprobe',
      'net.core.rmem_max/../../kernel/modprobe',
      '',
    ],
    ...['net.core.rmem_max\0', 'NET.CORE.RMEM_MAX', '__proto__', 42, null, ['net.core.rmem_max'], {}],
  );
  const name = pick<unknown>(
    'net.core.rmem_max',
    'txqueuelen',
    'router.workers',
    key,
    'constructor',
    'toString',
  );
  const badName = pick<unknown>(
    '../x',
    '-n',
    'a/b',
    '..',
    '',
    'x'.repeat(300),
    'a b',
    'a\nb',
    '$(id)',
    7,
    null,
    [],
  );
  const sysctl = (part: object) => ({ via: 'sysctl', key: 'net.core.rmem_max', ...part });
  const service = (part: object) => ({
    via: 'service',
    defaultsFile: DEFAULTS_FILE,
    restartCommand: ['systemctl', 'restart', 'kamailio'],
    ...part,
  });
  const pid = pick<unknown>(
    1,
    0,
    -1,
    -4001,
    '4001',
    '4001/../1',
    4001.5,
    2 ** 31,
    1e300,
    null,
    [4001],
    {},
    true,
  );
  return pick<() => unknown>(
    () => ({ at, type: 'original' }),
    () => original('net.core.rmem_max', undefined),
    () =>
      original(
        'net.core.rmem_max',
        pick<unknown>(null, 'sysctl', 7, [], {}, { via: 'sysctl' }, { via: key }),
      ),
    () => original(name, sysctl({ key })),
    () => original(pick('net.core.wmem_max', 'txqueuelen', 'router.workers'), sysctl({})),
    () => original('net.core.rmem_max', sysctl({ netns: pick<unknown>(ROUTER_NETNS, badName) })),
    () =>
      original(
        'net.core.rmem_max',
        sysctl({}),
        pick<unknown>('|/bin/sh', '', '1\n2', '0x10', 'ram/4', 1, null, '9'.repeat(40)),
      ),
    () => original('txqueuelen', { via: 'txqueuelen', device: badName, netns: ROUTER_NETNS }),
    () => original('txqueuelen', { via: 'txqueuelen', device: DEVICE, netns: badName }),
    () => original('router.workers', { via: 'router', setting: pick<unknown>('shmMib', '', null, '../x') }),
    () =>
      original(name, {
        via: pick('file', 'shell', 'Sysctl', ''),
        path: '/etc/passwd',
        key: 'net.core.rmem_max',
      }),
    () =>
      original(
        DEFAULTS_FILE,
        service({ defaultsFile: pick<unknown>('etc/x', '/etc/../etc/passwd', '/', '', '/a\0b', null, 3) }),
        'x',
      ),
    () =>
      original(
        DEFAULTS_FILE,
        service({ restartCommand: pick<unknown>([], '', 'sh -c reboot', [''], ['a\0'], [1], null) }),
        'x',
      ),
    () => ({ at, type: 'campaign-started', id: 'x', scenario: 'x', seed: 1, budgetMs: 1, pid }),
    () => ({
      at,
      type: 'router-started',
      settings: {},
      effectiveRcvbufBytes: null,
      readyAfterMs: 1,
      pids: pick<unknown>([pid], 4001, '4001', null, { 0: 4001 }),
    }),
    () => ({ at, type: 'restored', complete: pick<unknown>('false', 1, null, undefined), failures: [] }),
    () => ({ at: pick<unknown>(null, 7, 'today', ''), type: 'originals-complete' }),
    () => ({ at, type: pick<unknown>('Original', '__proto__', 'constructor', '', 7, null, ['original']) }),
    () => ({
      at,
      type: 'trial',
      trial: pick<unknown>(null, {}, [], { n: 1, verdict: { state: 'carried' } }),
    }),
  )();
}
