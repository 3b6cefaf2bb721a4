// A realistic journal: a whole campaign over the model router, written by the real journal, with the originals, writes and
// starts that a real target adds.
import { runCampaign } from '../../src/campaign/campaign.ts';
import type { Emit } from '../../src/campaign/events.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { openJournal } from '../../src/store/journal.ts';
import type { Original } from '../../src/targets/original.ts';
import { targetOf } from '../../src/targets/originals.ts';
import { createFakeClock } from './fake-clock.ts';
import { createModelBed } from './model-bed.ts';
import { createRecordingHost } from './recording-host.ts';

export const ROUTER_NETNS = 'siptune-router';
export const DEVICE = 'to-callee';
export const DEFAULTS_FILE = '/etc/default/kamailio';
export const ROUTER_PIDS = [4001, 4002, 4003];

const machine = createRecordingHost().host;
const places = { machine, routerHost: machine.inNetns(ROUTER_NETNS), device: DEVICE };
const kernelKnobs = CATALOGUE.filter(({ access }) => access.via !== 'router');

export const RECORDED: readonly Original[] = [
  ...kernelKnobs.map((knob, index) => ({
    knob: knob.name,
    target: targetOf(knob, places),
    raw: knob.name === 'kernel.shmmax' ? '18446744073692774399' : String(212_992 + index),
  })),
  {
    knob: DEFAULTS_FILE,
    target: {
      via: 'service',
      defaultsFile: DEFAULTS_FILE,
      restartCommand: ['systemctl', 'restart', 'kamailio'],
    },
    raw: '# sizes in MB\nSHM_MEMORY=64\nUSER=kamailio\n',
  },
];

const SCENARIO: Scenario = {
  name: 'model',
  path: '/model.yaml',
  target: { kind: 'lab', egressBitsPerS: undefined },
  router: { kind: 'kamailio', binary: undefined, config: undefined, service: undefined, settings: {} },
  load: { flow: 'invite', holdMs: 500, uaRateCps: 2, warmupMs: 1_500, windowMs: 5_000 },
  objective: { maximise: 'burstCalls', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 },
  knobs: [],
  contenders: [],
  budgetMs: 3 * 60_000,
  seed: 1,
  safety: { deadmanMs: 60_000 },
};

/** Ends as a campaign that was killed does: with settings to put back. */
export async function recordJournal(path: string): Promise<void> {
  const clock = createFakeClock();
  const journal = await openJournal(path, clock);
  const emit: Emit = async (event) => {
    if (event.type === 'restored' || event.type === 'campaign-finished') return;
    await journal.append(event);
  };
  const bed = createModelBed({ clock, emit });
  const prepare = bed.prepare;
  const apply = bed.apply;
  let round = 0;
  await runCampaign({
    id: 'recorded',
    scenario: SCENARIO,
    bed: {
      ...bed,
      async prepare() {
        await emit({ type: 'lab-up' });
        for (const original of RECORDED) await emit({ type: 'original', ...original });
        await emit({ type: 'originals-complete', count: RECORDED.length });
        return prepare();
      },
      async apply(configuration, reason) {
        round += 1;
        // As a real campaign: what does not differ is not written.
        for (const [index, knob] of (round < 4 ? kernelKnobs : []).entries()) {
          const raw = String(1_000_000 + index + round);
          await emit({
            type: 'write',
            knob: knob.name,
            target: targetOf(knob, places),
            raw,
            reason: 'search',
          });
          await emit({ type: 'write-result', knob: knob.name, effective: raw, error: null });
        }
        await emit({
          type: 'router-started',
          settings: { workers: 8 },
          effectiveRcvbufBytes: 425_984,
          readyAfterMs: 80,
          pids: ROUTER_PIDS,
        });
        return apply(configuration, reason);
      },
    },
    clock,
    emit,
    signal: new AbortController().signal,
  });
  await journal.close();
}
