// Renders restore.sh: the way back as a plain POSIX sh script that an operator can read, and run without siptune.
import { join } from 'node:path/posix';
import { sysctlPath } from '../knobs/access.ts';
import { LAB_NAMESPACES } from '../targets/lab/layout.ts';
import type { Original } from '../targets/original.ts';
import { quote, quoteAll } from '../targets/shell-quote.ts';
import { RESTORE_FUNCTIONS } from './restore-functions.ts';

export interface WayBack {
  readonly campaign: string;
  /** Tells this campaign's lease, and the processes that it started, from any other's. */
  readonly token: string;
  readonly statePath: string;
  readonly startedAt: string;
  /** The boot in which the originals were read: what a reboot has undone is not written again. */
  readonly bootId: string;
  /** In the order in which they were read; a change is undone after those that came later. */
  readonly originals: readonly Original[];
  /** The lab came up for this campaign. */
  readonly lab: boolean;
  /** Made for this campaign, outside of its state. */
  readonly workFolder?: string | undefined;
  /** The router's network namespace, in which its service was restarted. */
  readonly routerNetns?: string | undefined;
  /** Other places than the kernel's, for tests. */
  readonly procSys?: string;
  readonly sysNet?: string;
}

export function renderRestoreScript(way: WayBack): string {
  const { campaign, statePath } = way;
  const here = join(statePath, 'campaigns', campaign);
  return [
    '#!/bin/sh',
    `# The way back from siptune's campaign ${oneLine(campaign)}, which started at ${oneLine(way.startedAt)}.`,
    '# It puts back every setting as it was before that campaign, prints each, and goes on past those that cannot be',
    '# restored: these are listed at the end, and the exit status is 1. It may be run again. It needs root:',
    `#   sh ${oneLine(join(here, 'restore.sh'))}`,
    '# What it puts back stands in the last part of this file.',
    '',
    `campaign=${quote(campaign)}`,
    `token=${quote(way.token)}`,
    `state=${quote(statePath)}`,
    `here=${quote(here)}`,
    `boot=${quote(way.bootId)}`,
    `proc_sys=${quote(way.procSys ?? '/proc/sys')}`,
    `sys_net=${quote(way.sysNet ?? '/sys/class/net')}`,
    `lab_namespaces=${quote(way.lab ? LAB_NAMESPACES.join(' ') : '')}`,
    '',
    RESTORE_FUNCTIONS,
    '',
    '# What is put back, last change first.',
    'begin "$@"',
    'end_processes',
    ...[...way.originals.entries()].reverse().flatMap(([step, original]) => restoreLine(original, step)),
    ...restartLines(way.originals, way.routerNetns ?? ''),
    ...(way.workFolder === undefined ? [] : [`remove_folder ${quote(way.workFolder)}`]),
    ...(way.lab ? [`lab_down ${quoteAll(LAB_NAMESPACES)}`] : []),
    'finish',
    '',
  ].join('\n');
}

function restoreLine({ knob, target, raw }: Original, step: number): readonly string[] {
  const name = quote(oneLine(knob));
  switch (target.via) {
    case 'sysctl': {
      const path = sysctlPath(target.key).slice('/proc/sys/'.length);
      return [`restore_sysctl ${name} ${quote(target.netns ?? '')} ${quote(path)} ${quote(raw)}`];
    }
    case 'txqueuelen':
      return [
        `restore_txqueuelen ${name} ${quote(target.netns ?? '')} ${quote(target.device)} ${quote(raw)} ${step}`,
      ];
    case 'service':
      return [
        `restore_file ${name} ${quote(target.defaultsFile)} ${quote(Buffer.from(raw, 'utf8').toString('base64'))}`,
      ];
    case 'router':
      return [];
  }
}

/** After every value is back: a service reads its settings, and sizes its sockets, when it starts. */
function restartLines(originals: readonly Original[], netns: string): readonly string[] {
  const commands = originals.flatMap(({ target }) =>
    target.via === 'service' ? [quoteAll(target.restartCommand)] : [],
  );
  return [...new Set(commands)].map((command) => `restart_service ${quote(netns)} ${command}`);
}

/** For a comment or a printed name: what could end the line, or move a terminal's cursor, is a question mark. */
function oneLine(text: string): string {
  return text.replace(/\p{C}|\p{Zl}|\p{Zp}/gu, '?');
}
