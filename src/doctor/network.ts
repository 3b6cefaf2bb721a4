// Network devices: link, rings and queue. What is never searched is said here: speed, duplex, negotiation.
import { count } from '../report/numbers.ts';
import type { Check } from './check.ts';
import { note, ok, type Remark, warning } from './finding.ts';
import type { NetDevice } from './net-devices.ts';
import type { View } from './view.ts';

const SLOW_MBPS = 1_000;
/** Optical and direct-attach links beyond this mostly have nothing to negotiate. */
const NEGOTIATING_MBPS = 1_000;

export const network: Check = {
  area: 'network',
  async examine(view) {
    const devices = await view.devices();
    if (devices.length === 0) return [note('devices', 'none that siptune can see besides loopback')];
    const down = devices.filter(({ up }) => !up).map(({ name }) => name);
    const remarks = await Promise.all(
      devices.filter(({ up }) => up).map(async (device) => [overview(device), ...linkRemarks(device)]),
    );
    return [
      ...remarks.flat(),
      ...(await missingDevice(view, devices)),
      ...(down.length > 0 ? [ok('down', down.join(', '))] : []),
    ];
  },
};

function overview({ name, kind, driver, rootQdisc, txqueuelen, rings }: NetDevice): Remark {
  const parts = [
    driver === null ? kind : kind === 'physical' ? driver : `${kind}, ${driver}`,
    rootQdisc === null ? 'queue unknown (tc is missing)' : `queue ${rootQdisc}`,
    ...(txqueuelen === null ? [] : [`txqueuelen ${count(txqueuelen)}`]),
    ...(rings === null ? [] : [`rings rx ${rings.rx} of ${rings.rxMax}, tx ${rings.tx} of ${rings.txMax}`]),
  ];
  return ok(name, parts.join(', '));
}

function linkRemarks(device: NetDevice): readonly Remark[] {
  const { name, driver, virtual, speedMbps, duplex, autoneg } = device;
  // A device without a driver is made of software: there is no link to speak of.
  if (driver === null) return [];
  const remarks: Remark[] = [];
  if (duplex === 'half')
    remarks.push(
      warning(
        name,
        'half duplex',
        'collisions look like loss under load: the two ends disagree on negotiation. Let both negotiate, or set both',
      ),
    );
  if (speedMbps === null)
    remarks.push(
      virtual
        ? note(
            name,
            'speed unknown, as is usual for a virtual device',
            'the limit is whatever the host gives',
          )
        : warning(name, 'speed unknown', 'check cable and driver: ethtool should know it'),
    );
  else if (speedMbps < SLOW_MBPS)
    remarks.push(
      warning(
        name,
        `${speedMbps} Mbit/s`,
        'slow for a SIP router of today: the link may end before the router does. Check the port of the switch',
      ),
    );
  if (autoneg === false && !virtual)
    remarks.push(
      speedMbps !== null && speedMbps > NEGOTIATING_MBPS
        ? note(name, 'autonegotiation is off', 'usual for optical links; both ends must be set alike')
        : warning(
            name,
            'autonegotiation is off',
            'where the other end negotiates, this one falls to half duplex there: let both do the same',
          ),
    );
  if (speedMbps !== null && duplex === 'full' && remarks.length === 0)
    remarks.push(ok(name, `${count(speedMbps)} Mbit/s, full duplex${autoneg ? ', negotiated' : ''}`));
  return remarks;
}

async function missingDevice({ scenario }: View, devices: readonly NetDevice[]): Promise<readonly Remark[]> {
  const wanted = scenario?.target.kind === 'host' ? scenario.target.device : undefined;
  if (wanted === undefined || wanted === 'lo' || devices.some(({ name }) => name === wanted)) return [];
  return [
    warning(
      wanted,
      'the scenario’s device does not exist here',
      `txqueuelen is left out then. There is ${devices.map(({ name }) => name).join(', ')}`,
    ),
  ];
}
