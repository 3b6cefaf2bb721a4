// The kernel's ceilings that a router meets: socket buffers, UDP memory, file handles, System V memory and semaphores.
import { bytes, count } from '../report/numbers.ts';
import type { Check } from './check.ts';
import { note, ok, type Remark, warning } from './finding.ts';

const sys = (key: string) => `/proc/sys/${key}`;
const BUFFERS = ['rmem_default', 'rmem_max', 'wmem_default', 'wmem_max'] as const;
const UDP_MEM = sys('net/ipv4/udp_mem');
const SHM = [sys('kernel/shmmax'), sys('kernel/shmall'), sys('kernel/sem')] as const;
const FILES = [sys('fs/file-nr'), sys('fs/file-max'), sys('fs/nr_open')] as const;
/** Handles in use, as a share of fs.file-max, from which on it is worth a look. */
const MANY_HANDLES = 0.8;

export const limits: Check = {
  area: 'limits',
  async examine({ machine, facts: readFacts }) {
    const facts = await readFacts();
    const pageBytes = facts.state === 'done' ? facts.value.pageBytes : 4096;
    const buffers = BUFFERS.map((name) => sys(`net/core/${name}`));
    const files = await machine.readFiles([...buffers, UDP_MEM, ...SHM, ...FILES]);
    const text = (path: string) => files.get(path)?.trim().replace(/\s+/g, ' ') ?? null;
    return [
      ...bufferRemarks(
        BUFFERS.map((name) => [name, text(sys(`net/core/${name}`))]),
        text(UDP_MEM),
        pageBytes,
      ),
      ...shmRemarks(text(SHM[0]), text(SHM[1]), text(SHM[2]), pageBytes),
      ...handleRemarks(text(FILES[0]), text(FILES[1]), text(FILES[2])),
    ];
  },
};

function bufferRemarks(
  buffers: readonly (readonly [string, string | null])[],
  udpMem: string | null,
  pageBytes: number,
): readonly Remark[] {
  const known = buffers.filter(([, value]) => value !== null);
  if (known.length === 0)
    return [warning('socket buffers', 'net.core.rmem_* cannot be read', 'is /proc/sys mounted?')];
  const value = (name: string) => Number(known.find(([one]) => one === name)?.[1] ?? Number.NaN);
  const most = Number(udpMem?.split(' ')[2]) * pageBytes;
  return [
    ok('socket buffers', known.map(([name, text]) => `${name} ${bytes(Number(text))}`).join(', ')),
    ...(value('rmem_default') > value('rmem_max')
      ? [
          note(
            'socket buffers',
            'rmem_default is above rmem_max',
            'the kernel allows it; a router that asks for a buffer gets less than one that does not',
          ),
        ]
      : []),
    ...(Number.isFinite(most)
      ? [ok('UDP memory', `all sockets together at most ${bytes(most)} (udp_mem)`)]
      : []),
  ];
}

/** What `ipcs -l` shows. Whether it matters depends on the router's build, which the knobs' area says. */
function shmRemarks(
  shmmax: string | null,
  shmall: string | null,
  sem: string | null,
  pageBytes: number,
): readonly Remark[] {
  if (!/^\d+$/.test(shmmax ?? '') || !/^\d+$/.test(shmall ?? '') || shmmax === null || shmall === null)
    return [note('System V memory', 'kernel.shmmax cannot be read')];
  // Beyond what a double holds exactly.
  const unlimited = BigInt(shmmax) > 2n ** 62n;
  const pages = BigInt(shmall);
  const short = pages * BigInt(pageBytes) < BigInt(shmmax) && !unlimited;
  return [
    short
      ? warning(
          'System V memory',
          `shmmax ${bytes(Number(shmmax))}, but shmall allows ${bytes(Number(pages) * pageBytes)} in all`,
          'shmall counts pages and must cover shmmax',
        )
      : ok(
          'System V memory',
          unlimited
            ? 'not limited (shmmax and shmall at the kernel’s defaults)'
            : `shmmax ${bytes(Number(shmmax))}`,
        ),
    ...(sem === null ? [] : [ok('semaphores', `kernel.sem ${sem}`)]),
  ];
}

function handleRemarks(
  fileNr: string | null,
  fileMax: string | null,
  nrOpen: string | null,
): readonly Remark[] {
  if (fileNr === null || fileMax === null) return [];
  const [used, most] = [Number(fileNr.split(' ')[0]), Number(fileMax)];
  const seen = `${count(used)} of ${most > 2 ** 53 ? 'unlimited' : count(most)} in use, at most ${count(Number(nrOpen))} in one process`;
  return used > most * MANY_HANDLES
    ? [warning('file handles', seen, 'raise fs.file-max before connections are refused')]
    : [ok('file handles', seen)];
}
