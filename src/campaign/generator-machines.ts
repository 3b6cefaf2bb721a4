// What the other machines with generators must have before a campaign writes anything: it changes no setting there.

import { EXIT, UserError } from '../errors.ts';
import { sysctlPath } from '../knobs/access.ts';
import { requireSipp } from '../load/sipp-facts.ts';
import type { GeneratorMachine, Target } from '../targets/target.ts';
import { CEILINGS, GENERATOR_BUFFER_BYTES } from './generator-headroom.ts';

/** Throws a UserError that says what is missing where. */
export async function requireGeneratorMachines({
  otherMachines = [],
}: Pick<Target, 'otherMachines'>): Promise<void> {
  for (const machine of otherMachines) {
    await requireSipp(machine.host);
    const low = await lowCeilingsOf(machine);
    if (low !== null) throw new UserError(low, EXIT.unsafe);
  }
}

/** Ceilings that would starve a generator's sockets, and what to do; null where there are none, or they are lifted anyway. */
export async function lowCeilingsOf({
  host,
  kernel,
}: Pick<GeneratorMachine, 'host' | 'kernel'>): Promise<string | null> {
  if (kernel !== 'own') return null;
  const texts = await host.readFiles(CEILINGS.map(sysctlPath));
  const low = CEILINGS.flatMap((key) => {
    const value = Number(texts.get(sysctlPath(key))?.trim());
    return value >= GENERATOR_BUFFER_BYTES ? [] : [{ key, value }];
  });
  if (low.length === 0) return null;
  const seen = low.map(({ key, value }) => `${key} is ${Number.isNaN(value) ? 'not to be read' : value}`);
  const todo = low.map(({ key }) => `${key}=${GENERATOR_BUFFER_BYTES}`);
  return (
    `${seen.join(' and ')} on ${host.label}, and the sockets of its generators need ${GENERATOR_BUFFER_BYTES} bytes. ` +
    `siptune changes no setting of a machine that only has generators: run there "sysctl -w ${todo.join(' ')}"`
  );
}
