// Whether an original may be written back. A journal is a file, and a restore runs as root: what a damaged or forged line
// says must never reach anything but a knob of the catalogue, at that knob's own place.
import { knobByName } from '../knobs/catalogue.ts';
import type { Original, WriteTarget } from './original.ts';

const NETNS = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const DEVICE = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}$/;
/** What the kernel shows for a knob of the catalogue: one whole number, or a few. */
const KERNEL_VALUE = /^-?\d{1,20}(?: -?\d{1,20}){0,7}$/;

/** Why this may not be written back, or null. */
export function originalProblem({ knob, target, raw }: Original): string | null {
  const problem = targetProblem(knob, target);
  if (problem !== null) return problem;
  if ((target.via === 'sysctl' || target.via === 'txqueuelen') && !KERNEL_VALUE.test(raw))
    return `${JSON.stringify(raw.slice(0, 40))} is not a value of ${knob}`;
  return null;
}

function targetProblem(name: string, target: WriteTarget): string | null {
  if (target.via === 'service') return serviceProblem(target.defaultsFile, target.restartCommand);
  const knob = knobByName(name);
  if (!knob) return `the catalogue has no knob ${JSON.stringify(name.slice(0, 60))}`;
  const { access, scope } = knob;
  const own =
    target.via === 'sysctl'
      ? access.via === 'sysctl' && access.key === target.key
      : target.via === 'txqueuelen'
        ? access.via === 'txqueuelen'
        : access.via === 'router' && access.setting === target.setting;
  if (!own) return `this is not where ${name} stands`;
  if (target.via === 'router') return null;
  if (target.via === 'txqueuelen' && !DEVICE.test(target.device))
    return `${JSON.stringify(target.device.slice(0, 40))} is not the name of a device`;
  if (target.netns === undefined) return null;
  if (scope === 'host') return `${name} belongs to the host, not to a network namespace`;
  return NETNS.test(target.netns)
    ? null
    : `${JSON.stringify(target.netns.slice(0, 40))} is not the name of a network namespace`;
}

function serviceProblem(file: string, command: readonly string[]): string | null {
  if (!/^(?:\/[^/\0]+)+$/.test(file) || /\/\.\.?(?:\/|$)/.test(file))
    return `${JSON.stringify(file.slice(0, 60))} is not the absolute path of a file`;
  if (command.length === 0 || command.some((word) => word.includes('\0')) || command[0] === '')
    return 'there is no command that restarts the service';
  return null;
}
