// Which knobs of the catalogue can act here, and why the others cannot: what a search over them would find out at once.
import { inPlayHere, livenessFacts } from '../campaign/prepare.ts';
import { CATALOGUE } from '../knobs/catalogue.ts';
import type { Knob } from '../knobs/knob.ts';
import { inertReason, unavailableReason } from '../knobs/liveness.ts';
import { readSynCookies } from '../targets/device-facts.ts';
import { readOriginals } from '../targets/originals.ts';
import type { Check } from './check.ts';
import { note, ok, type Remark } from './finding.ts';
import type { View } from './view.ts';

export const knobs: Check = {
  area: 'knobs',
  async examine(view) {
    const missing = await missingKnobs(view);
    const reasonFor = await reasons(view);
    return CATALOGUE.map((knob): Remark => {
      // What is only written along with another knob acts where that one does.
      const leader = CATALOGUE.find(({ derives }) => derives === knob.name) ?? knob;
      const reason = missing.get(knob.name) ?? reasonFor(leader);
      return reason === null ? ok(knob.name, 'can act here') : note(knob.name, reason);
    });
  },
};

async function missingKnobs(view: View): Promise<ReadonlyMap<string, string>> {
  const kernel = CATALOGUE.filter(({ access }) => access.via !== 'router');
  const opened = await view.target();
  const { missing } =
    opened?.state === 'done'
      ? await opened.value.look.originals(kernel)
      : await readOriginals(kernel, {
          machine: view.machine,
          routerHost: view.machine,
          device: await egressOf(view),
        });
  return new Map(missing.map(({ knob, reason }) => [knob, reason]));
}

/** Liveness depends on the router's build: of several, the one that runs counts, else the first. */
async function reasons(view: View): Promise<(knob: Knob) => string | null> {
  const { scenario } = view;
  const installed = (await view.routers()).filter(({ facts }) => facts.state === 'done');
  const router = (installed.find(({ pid }) => pid !== undefined) ?? installed[0])?.facts;
  if (router?.state !== 'done')
    return ({ access }) => (access.via === 'router' ? 'not known: no router was found' : null);
  const inspected = await view.inspection();
  const facts = livenessFacts({
    scenario: scenario ?? { knobs: CATALOGUE.map(({ name }) => ({ name, min: undefined, max: undefined })) },
    router: router.value,
    managedBy: scenario?.router.service === undefined ? 'siptune' : 'service',
    devices: await view.deviceFacts(),
    everything: inspected?.state === 'done' ? inspected.value.everything : {},
    synCookies: await synCookiesOf(view),
  });
  return (knob) => {
    const choice = scenario?.knobs.find(({ name }) => name === knob.name);
    const candidate = inPlayHere(knob, choice ?? { min: undefined, max: undefined }, router.value);
    const reason = unavailableReason(candidate, facts) ?? inertReason(candidate, facts);
    return reason === null ? null : `inert: ${reason}`;
  };
}

async function synCookiesOf(view: View): Promise<boolean | null> {
  const opened = await view.target();
  return opened?.state === 'done' ? opened.value.look.synCookies() : readSynCookies(view.machine);
}

async function egressOf(view: View): Promise<string | undefined> {
  const opened = await view.target();
  if (opened?.state === 'done') return opened.value.target.devices[0];
  return (await view.devices()).find(({ up }) => up)?.name;
}
