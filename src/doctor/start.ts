// Could a campaign start: what it would refuse, asked of the code that would refuse it.

import { portHolder } from '../routers/udp-socket.ts';
import { LAB_NAMESPACES } from '../targets/lab/layout.ts';
import { processesInside } from '../targets/lab/processes.ts';
import type { Target } from '../targets/target.ts';
import type { Check } from './check.ts';
import { note, ok, problem, type Remark, warning } from './finding.ts';
import { type Look, leaseRemarks, lookAtMachines, restoredByTimer } from './left-behind.ts';
import { resultsFolderRemark } from './results-folder.ts';
import { findUnrestored, mayBeRead } from './unrestored.ts';
import type { View } from './view.ts';

const MIN_LAB_CPUS = 2;
/** Bits of CapEff in /proc/PID/status (capabilities(7)). */
const CAPABILITIES = [
  { name: 'CAP_NET_ADMIN', bit: 12n },
  { name: 'CAP_SYS_ADMIN', bit: 21n },
] as const;

export const start: Check = {
  area: 'start',
  async examine(view) {
    const looks = lookAtMachines(view);
    const parts = await Promise.all([
      targetRemarks(view),
      rootRemarks(view),
      labRemarks(view),
      looks.then(leaseRemarks),
      resultsFolderRemark(view.resultsDir).then((one) => [one]),
      looks.then((seen) => pastRemarks(view, seen)),
    ]);
    return parts.flat();
  },
};

async function targetRemarks(view: View): Promise<readonly Remark[]> {
  const [found, opened] = [await view.inspection(), await view.target()];
  if (found?.state === 'refused') return [problem('target', found.reason)];
  if (found === null || opened?.state !== 'done') return [];
  const { target, standing } = opened.value;
  const inPlay = found.value.prepared.inPlay.length;
  return [
    ok(
      'target',
      standing
        ? `${target.label}: its addresses are its own, its settings and its router can be read`
        : 'the lab: not up, a campaign brings it up and down',
    ),
    inPlay === 0
      ? problem(
          'knobs in play',
          'none: every knob of the scenario is inert here',
          'name others, see Knobs below',
        )
      : ok('knobs in play', String(inPlay)),
    ...(await restartRemarks(view)),
    ...(await portRemarks(target, standing)),
  ];
}

/** A router that siptune starts needs its port for itself. */
async function portRemarks(target: Target, standing: boolean): Promise<readonly Remark[]> {
  const { router, routerHost, routerAddress: address, routerPort: port } = target;
  if (!standing || router.managedBy === 'service') return [];
  const holder = await portHolder(routerHost, { address, port });
  return holder === null
    ? []
    : [
        problem(
          'port',
          `UDP ${address}:${port} (${routerHost.label}) is in use by ${holder}`,
          'end it, or wait for its end: it may belong to another campaign',
        ),
      ];
}

async function restartRemarks({ scenario, machine }: View): Promise<readonly Remark[]> {
  const program = scenario?.router.service?.restartCommand[0];
  if (program === undefined) return [];
  const found = await machine.run(['sh', '-c', 'command -v "$1"', 'sh', program]);
  return found.exitCode === 0
    ? []
    : [problem('restart command', `${program} is not on ${machine.label}`, 'correct router.service.restart')];
}

async function rootRemarks(view: View): Promise<readonly Remark[]> {
  if (await view.root()) return [ok('root', 'yes')];
  return [
    note(
      'root',
      'no: the limits and sockets of other users’ processes, network namespaces and campaigns of root are not seen',
      'sudo siptune doctor sees all of it; siptune run needs root in any case',
    ),
  ];
}

/** Of interest where the lab is the target, or may be. */
async function labRemarks(view: View): Promise<readonly Remark[]> {
  const { scenario, machine } = view;
  if (scenario !== null && scenario.target.kind !== 'lab') return [];
  // Without a scenario the lab is one of two ways: what rules it out does not rule out the other.
  const refused = scenario === null ? warning : problem;
  const facts = await view.facts();
  const status = await statusOf(view);
  const remarks: Remark[] = [];
  if (facts.state === 'done' && facts.value.cpus < MIN_LAB_CPUS)
    remarks.push(
      refused(
        'lab',
        `${facts.value.cpus} CPU: the router and its generators would measure each other`,
        `use a machine with at least ${MIN_LAB_CPUS}`,
      ),
    );
  if (facts.state === 'done' && status.allowedCpus < facts.value.cpus)
    remarks.push(
      refused(
        'lab',
        `this process may run on ${status.allowedCpus} of ${facts.value.cpus} CPUs`,
        'a container or cpuset allows only some: allow all of them',
      ),
    );
  if (await view.root()) {
    const lacking = CAPABILITIES.filter(({ bit }) => ((status.capabilities >> bit) & 1n) === 0n);
    if (lacking.length > 0)
      remarks.push(
        refused(
          'lab',
          `no ${lacking.map(({ name }) => name).join(', no ')}: network namespaces cannot be made`,
          'allow them to the container, or use a machine of its own',
        ),
      );
  }
  remarks.push(...(await occupants(view)));
  const most = (await machine.readFiles(['/proc/sys/user/max_net_namespaces'])).get(
    '/proc/sys/user/max_net_namespaces',
  );
  if (most?.trim() === '0')
    remarks.push(refused('lab', 'user.max_net_namespaces is 0', 'raise it: the lab is made of three'));
  return remarks.length > 0 || scenario !== null
    ? remarks
    : [ok('lab', 'siptune can build its own here: namespaces, and CPUs to split')];
}

/** Whoever is in the lab's namespaces would be ended by a campaign that builds them anew, or share its router's address. */
async function occupants(view: View): Promise<readonly Remark[]> {
  const { scenario, machine } = view;
  if (!(await view.root())) return [];
  const pids = await processesInside(machine, LAB_NAMESPACES);
  if (pids.length === 0) return [];
  return [
    (scenario === null ? note : problem)(
      'lab',
      `${pids.length} processes are inside it already`,
      'another campaign may be running, or was killed: siptune restore, then siptune lab down',
    ),
  ];
}

async function statusOf({ machine }: View): Promise<{ allowedCpus: number; capabilities: bigint }> {
  const path = '/proc/self/status';
  const text = (await machine.readFiles([path])).get(path) ?? '';
  const mask = /^Cpus_allowed:\s*([\da-f,]+)/m.exec(text)?.[1]?.replaceAll(',', '');
  const effective = /^CapEff:\s*([\da-f]+)/m.exec(text)?.[1];
  return {
    allowedCpus: mask === undefined ? Number.POSITIVE_INFINITY : ones(BigInt(`0x${mask}`)),
    capabilities: effective === undefined ? ~0n : BigInt(`0x${effective}`),
  };
}

function ones(mask: bigint): number {
  return mask.toString(2).replaceAll('0', '').length;
}

async function pastRemarks(view: View, looks: readonly Look[]): Promise<readonly Remark[]> {
  if (!(await mayBeRead(view.resultsDir)))
    return [
      note(
        'earlier campaigns',
        `${view.resultsDir} may not be read`,
        'whether one was left unrestored is not known',
      ),
    ];
  const campaigns = await findUnrestored(view.resultsDir, view.here);
  if (campaigns.length === 0)
    return [ok('earlier campaigns', `none in ${view.resultsDir} was left unrestored`)];
  return campaigns.map(
    ({ id, state, detail, on }) =>
      ({
        running: problem(
          'campaign',
          `${id} is running (${detail})`,
          'wait for its end, or end it with Ctrl-C',
        ),
        unrestored: restoredByTimer(looks, id, on ?? view.here.label)
          ? note(
              'campaign',
              `${id} was interrupted, and its timer has put everything back`,
              `siptune resume ${id} goes on with it`,
            )
          : problem(
              'campaign',
              `${id} was interrupted and not restored (${detail})`,
              `run siptune restore ${id} first`,
            ),
        unreadable: note('campaign', `${id} cannot be read (${detail})`, 'root may be able to'),
      })[state],
  );
}
