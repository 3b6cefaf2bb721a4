// The router: its build, whether it runs, its limits, and the receive buffers that it really has.
import { parseProcNetUdp, UDP_SOCKET_PATHS } from '../meters/udp-sockets.ts';
import { bytes, count } from '../report/numbers.ts';
import type { RouterFacts } from '../routers/router.ts';
import type { Check } from './check.ts';
import { note, ok, problem, type Remark, warning } from './finding.ts';
import { limitRemarks } from './process-limits.ts';
import type { FoundRouter } from './routers.ts';
import type { View } from './view.ts';

/** What the kernel charges for one small SIP message (skb truesize of up to about 600 bytes). */
const MESSAGE_BYTES = 1_280;
/** Less than this many messages waiting is a burst that any trunk can send. */
const SMALL_BUFFER_BYTES = 4 * 1024 * 1024;

export const router: Check = {
  area: 'router',
  async examine(view) {
    const routers = await view.routers();
    if (routers.length === 0)
      return [
        problem(
          'router',
          'neither Kamailio nor OpenSIPS is on this machine’s PATH, and none runs',
          'install Debian’s package kamailio or opensips, or name the program with OPENSIPS_BIN or router.binary',
        ),
      ];
    return (await Promise.all(routers.map((found) => routerRemarks(found, view)))).flat();
  },
};

async function routerRemarks(found: FoundRouter, view: View): Promise<readonly Remark[]> {
  const { kind, facts, pid } = found;
  const build = facts.state === 'done' ? buildRemarks(facts.value, view.scenario !== null) : [];
  if (facts.state === 'refused') {
    const target = await view.inspection();
    // What a campaign refuses for the same reason stands under "start" already.
    if (target?.state !== 'refused' || target.reason !== facts.reason)
      build.push((view.scenario === null ? note : problem)(kind, facts.reason));
  }
  if (pid === undefined) return [...build, ...idleRemarks(found, view)];
  return [...build, ...(await limitRemarks(kind, pid, view)), ...(await socketRemarks(found, view))];
}

function idleRemarks({ kind, facts }: FoundRouter, { scenario }: View): readonly Remark[] {
  if (scenario?.router.service)
    return [problem(kind, 'the service does not run', 'start it: a campaign compares with what it is today')];
  return facts.state === 'done' ? [ok(kind, 'does not run here; siptune starts it')] : [];
}

function buildRemarks(facts: RouterFacts, wanted: boolean): Remark[] {
  const { kind, version, binary, flags, allocators, unoptimised, shmMmap, fastLock } = facts;
  const memory = shmMmap ? 'shared memory by mmap' : 'System V shared memory';
  const remarks: Remark[] = [
    ok(
      kind,
      `${version} (${binary}): ${memory}, ${fastLock ? 'fast locks' : 'System V semaphores'}, allocators ${allocators.join(' ') || 'unknown'}`,
    ),
  ];
  if (unoptimised)
    remarks.push(
      (wanted ? problem : warning)(
        kind,
        `${version} was compiled without optimisation (-O0), as development branches are`,
        'its numbers hold for no other build: use a release, or build it with -O2. A campaign refuses it',
      ),
    );
  if (flags.includes('DBG_MALLOC') || allocators.every((name) => /DBG/.test(name) && allocators.length > 0))
    remarks.push(
      note(
        kind,
        'a debugging allocator is compiled in',
        'slower than it would be in production, if it is used',
      ),
    );
  return remarks;
}

async function socketRemarks({ kind, pid, sockets }: FoundRouter, view: View): Promise<readonly Remark[]> {
  if (sockets.length === 0)
    return [
      note(
        kind,
        `runs as process ${pid}, and no UDP socket of it is seen here`,
        (await view.root())
          ? 'it may be in another network namespace, or ss (iproute2) is missing'
          : 'without root, ss does not say whose a socket is',
      ),
    ];
  const files = await (await view.place()).readFiles(UDP_SOCKET_PATHS);
  const ports = sockets.map(({ local }) => Number(local.slice(local.lastIndexOf(':') + 1)));
  const counted = UDP_SOCKET_PATHS.flatMap((path) => parseProcNetUdp(files.get(path) ?? '', ports));
  return sockets.map(({ local, rcvbufBytes }) => {
    const port = Number(local.slice(local.lastIndexOf(':') + 1));
    const drops = counted.filter((one) => one.port === port).reduce((sum, one) => sum + one.drops, 0);
    const holds = `receive buffer ${bytes(rcvbufBytes)}, about ${count(rcvbufBytes / MESSAGE_BYTES)} small messages`;
    if (drops > 0 && rcvbufBytes < SMALL_BUFFER_BYTES)
      return warning(
        `${kind} ${local}`,
        `${count(drops)} datagrams dropped at a ${holds}`,
        'too small for the bursts that come: net.core.rmem_max with maxbuffer, and the number of workers, are what to tune',
      );
    return drops > 0
      ? warning(
          `${kind} ${local}`,
          `${count(drops)} datagrams dropped at a ${holds}`,
          'the buffer is large: the workers do not keep up, more of it only makes calls late',
        )
      : ok(`${kind} ${local}`, holds);
  });
}
