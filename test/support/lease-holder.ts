// A small siptune for tests: `lease-holder.ts STATE CAMPAIGN PERIOD_MS FILE [NETNS KEY]`. Takes the lease, records FILE (a service's)
// and the sysctl KEY as originals, changes both, and then keeps writing until it is told that it may not. Says so on stdout.
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../src/clock.ts';
import { createSafeguard } from '../../src/safety/safeguard.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Original } from '../../src/targets/original.ts';

const [, , statePath = '', campaign = '', periodMs = '', file = '', netns, key] = process.argv;
const machine = createLocalHost();
const say = (text: string) => void process.stdout.write(`${text}\n`);

const safeguard = createSafeguard({
  machine,
  campaign,
  periodMs: Number(periodMs),
  restartCommand: undefined,
  routerNetns: undefined,
  clock: systemClock,
  emit: async ({ type }) => say(type),
  statePath,
});
const originals: Original[] = [
  {
    knob: file,
    target: {
      via: 'service',
      defaultsFile: file,
      restartCommand: ['sh', '-c', 'printf x >>"$0"', `${file}.restarts`],
    },
    raw: await readFile(file, 'utf8'),
  },
];
const sysctl = `/proc/sys/${key?.replaceAll('.', '/')}`;
if (netns !== undefined && key !== undefined)
  originals.push({
    knob: key,
    target: { via: 'sysctl', key, netns },
    raw: (await machine.inNetns(netns).readFiles([sysctl])).get(sysctl)?.trim() ?? '',
  });

try {
  await safeguard.take();
  await safeguard.coverOriginals(originals);
  const host = safeguard.guarded();
  if (netns !== undefined) await host.inNetns(netns).writeFile(sysctl, '4321\n');
  for (let n = 0; !safeguard.signal.aborted; n += 1) {
    await host.writeFile(file, `written ${n}\n`);
    if (n === 0) say('writing');
    await systemClock.sleep(20);
  }
} catch (error) {
  say(`refused: ${error instanceof Error ? error.message : String(error)}`);
}
say(`reason: ${safeguard.signal.reason instanceof Error ? safeguard.signal.reason.message : 'none'}`);
const { failures, ours } = await safeguard.restore();
say(`end: ${JSON.stringify({ failures, ours })}`);
