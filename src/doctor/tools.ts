// The programs that siptune runs, on either side, and the Debian packages of those that are missing.
import { howToGet } from '../targets/debian-package.ts';
import type { Host } from '../targets/host.ts';
import type { Check } from './check.ts';
import { note, ok, problem, type Remark, warning } from './finding.ts';
import type { View } from './view.ts';

interface Tool {
  readonly program: string;
  /** Where it runs: beside the generators, or on the machine with the router. */
  readonly side: 'load' | 'target';
  /** campaign: nothing goes without it; lab: only the lab needs it; better: something is missing in the result. */
  readonly need: 'campaign' | 'lab' | 'better';
  readonly lost: string;
}

const TOOLS: readonly Tool[] = [
  { program: 'sipp', side: 'load', need: 'campaign', lost: 'it makes the calls' },
  { program: 'taskset', side: 'load', need: 'campaign', lost: 'it keeps generators off the router’s CPUs' },
  {
    program: 'netperf',
    side: 'load',
    need: 'better',
    lost: 'the raw network is not measured beside the calls',
  },
  { program: 'setpriv', side: 'load', need: 'better', lost: 'meters in namespaces cost more CPU' },
  { program: 'ip', side: 'target', need: 'campaign', lost: 'addresses cannot be verified' },
  { program: 'getconf', side: 'target', need: 'campaign', lost: 'page size and clock ticks are not known' },
  { program: 'ss', side: 'target', need: 'better', lost: 'receive buffers in force are not seen' },
  { program: 'tc', side: 'target', need: 'lab', lost: 'queues and their drops are not seen' },
  { program: 'unshare', side: 'target', need: 'lab', lost: 'the lab cannot be built' },
  { program: 'kill', side: 'target', need: 'lab', lost: 'the lab cannot be taken down' },
  { program: 'ps', side: 'target', need: 'better', lost: 'the processes of a service are not seen' },
  { program: 'mpstat', side: 'target', need: 'better', lost: 'CPU shares come from /proc/stat instead' },
  {
    program: 'ethtool',
    side: 'target',
    need: 'better',
    lost: 'negotiation and rings of the devices are not seen',
  },
  { program: 'netserver', side: 'target', need: 'better', lost: 'the raw network is not measured' },
];
/** Constant: program names are its arguments. */
const WHICH = 'for p in "$@"; do if command -v "$p" >/dev/null 2>&1; then echo +; else echo -; fi; done';
const PKTGEN = '/proc/net/pktgen/pgctrl';

export const tools: Check = {
  area: 'tools',
  async examine(view) {
    const { machine } = view;
    const wanted = [...TOOLS, ...ofRouter(view)];
    const programs = wanted.map(({ program }) => program);
    const [there, here] = await Promise.all([present(machine, programs), present(view.here, programs)]);
    for (const [found, host] of [
      [there, machine],
      [here, view.here],
    ] as const)
      if (found === null) return [problem('sh', `cannot be run on ${host.label}`, 'siptune needs POSIX sh')];
    const has = (tool: Tool) => (tool.side === 'load' ? here : there)?.has(tool.program) ?? false;
    const side = { load: 'generators', target: 'target' } as const;
    return [
      ...(['load', 'target'] as const).flatMap((one) => {
        const found = wanted.filter((tool) => tool.side === one && has(tool));
        return found.length === 0 ? [] : [ok(side[one], found.map(({ program }) => program).join(' '))];
      }),
      ...wanted.filter((tool) => !has(tool)).map((tool) => missing(tool, side[tool.side], view)),
      ...(await Promise.all([...view.others.values()].map(({ host }) => ofOther(host, view)))).flat(),
      await pktgenRemark(machine),
    ];
  },
};

/** What a further machine with generators needs. */
const NEEDED_THERE: readonly Tool[] = [
  ['sipp', 'it makes the calls'],
  ['taskset', 'it keeps generators on their CPUs'],
  ['ip', 'addresses and routes cannot be verified'],
  ['ss', 'the buffers of SIPp cannot be checked'],
  ['setsid', 'SIPp could not be ended as a group'],
  ['base64', 'the timer that ends the generators cannot be put there'],
].map(([program = '', lost = '']) => ({ program, lost, side: 'load', need: 'campaign' }));

async function ofOther(host: Host, view: View): Promise<readonly Remark[]> {
  const there = await present(
    host,
    NEEDED_THERE.map(({ program }) => program),
  );
  if (there === null) return [problem('sh', `cannot be run on ${host.label}`, 'siptune needs POSIX sh')];
  const found = NEEDED_THERE.filter(({ program }) => there.has(program));
  return [
    ...(found.length === 0
      ? []
      : [ok(`generators on ${host.label}`, found.map(({ program }) => program).join(' '))]),
    ...NEEDED_THERE.filter(({ program }) => !there.has(program)).map((tool) =>
      missing(tool, `generators on ${host.label}`, view),
    ),
  ];
}

function ofRouter({ scenario }: View): readonly Tool[] {
  return scenario?.router.kind === 'kamailio'
    ? [
        {
          program: 'kamcmd',
          side: 'target',
          need: 'better',
          lost: 'memory and transactions of Kamailio are not seen, and trials cannot be blamed on them',
        },
      ]
    : [];
}

function missing({ program, need, lost }: Tool, side: string, { scenario }: View): Remark {
  const lab = scenario?.target.kind === 'lab';
  const level =
    need === 'campaign' || (need === 'lab' && lab)
      ? problem
      : need === 'lab' && scenario === null
        ? warning
        : note;
  return level(`${program} (${side})`, `missing: ${lost}`, howToGet(program));
}

async function present(host: Host, programs: readonly string[]): Promise<ReadonlySet<string> | null> {
  const result = await host.run(['sh', '-c', WHICH, 'sh', ...programs]);
  if (result.exitCode !== 0) return null;
  const marks = result.stdout.split('\n');
  return new Set(programs.filter((_, index) => marks[index] === '+'));
}

/** A module that is not loaded is only asked for, never loaded. */
async function pktgenRemark(machine: Host): Promise<Remark> {
  if ((await machine.readFiles([PKTGEN])).get(PKTGEN) !== null) return ok('pktgen', 'loaded');
  const module = await machine.run(['modinfo', '-n', 'pktgen']);
  return module.exitCode === 0
    ? ok('pktgen', 'a module of this kernel, not loaded')
    : note('pktgen', 'absent from this kernel', 'siptune does without it: SIPp and netperf make the load');
}
