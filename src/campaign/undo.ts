// The way back from a journal alone: which originals a campaign recorded, and what of it may still be running.
import type { DamagedLine } from '../store/journal.ts';
import { type Original, placeOf } from '../targets/original.ts';
import { parseSshAddress } from '../targets/ssh/ssh-address.ts';
import type { CampaignEvent } from './events.ts';
import { gapsIn } from './journal-gaps.ts';

export interface Undo {
  /** In the order in which they were read, each place once: what was recorded first is what was there before. */
  readonly originals: readonly Original[];
  /** The campaign brought the lab up and may have left it. */
  readonly labUp: boolean;
  /** Processes of the router's last start. */
  readonly routerPids: readonly number[];
  /** The machine that was tuned, and the campaign's folder on it; undefined: this machine. */
  readonly remote: { readonly host: string; readonly workDir: string | undefined } | undefined;
  /** Further machines that had generators; each restores itself by its own timer, too. */
  readonly loadMachines: readonly string[];
  /** The siptune process that ran it. */
  readonly pid: number | undefined;
  /** Why these originals may not be all: what no restore can put back. */
  readonly lost: readonly string[];
}

/**
 * What there is to undo, or null when the campaign wrote nothing or has been restored since its last write.
 * `damaged` are lines of the same journal that are no events.
 */
export function undoOf(events: readonly CampaignEvent[], damaged: readonly DamagedLine[] = []): Undo | null {
  const originals = new Map<string, Original>();
  /** Places since the last complete restore: what comes later for the same place may already be siptune's own value. */
  const recorded = new Set<string>();
  const loadMachines = new Set<string>();
  let labUp = false;
  let routerPids: readonly number[] = [];
  let pid: number | undefined;
  let remote: Undo['remote'];
  let open = false;
  for (const event of events) {
    switch (event.type) {
      case 'campaign-started':
      case 'resumed':
        pid = event.pid;
        break;
      case 'lab-up':
        labUp = true;
        open = true;
        break;
      case 'armed':
        // Also where the next event is damaged: what was another machine's must never be written to this one.
        if (event.of === 'generators') {
          if (event.host !== undefined && parseSshAddress(event.host)) loadMachines.add(event.host);
          break;
        }
        if (event.host !== undefined && parseSshAddress(event.host))
          remote ??= { host: event.host, workDir: undefined };
        break;
      case 'remote-opened':
        remote = { host: event.host, workDir: event.workDir };
        open = true;
        break;
      case 'original': {
        const { knob, target, raw } = event;
        const place = placeOf(event);
        if (!recorded.has(place)) originals.set(place, { knob, target, raw });
        recorded.add(place);
        open = true;
        break;
      }
      case 'write':
        open = true;
        break;
      case 'router-started':
        routerPids = event.pids;
        break;
      case 'restored':
        if (!event.complete) break;
        // A campaign that is resumed afterwards reads its originals anew, and those count.
        open = false;
        labUp = false;
        routerPids = [];
        recorded.clear();
        break;
    }
  }
  const lost = gapsIn(events, damaged);
  return open || lost.length > 0
    ? {
        ...{ originals: [...originals.values()], labUp, routerPids, remote, pid, lost },
        loadMachines: [...loadMachines],
      }
    : null;
}
