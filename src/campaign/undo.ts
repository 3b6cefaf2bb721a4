// The way back from a journal alone: which originals a campaign recorded, and what of it may still be running.
import type { Original } from '../targets/original.ts';
import type { CampaignEvent } from './events.ts';

export interface Undo {
  readonly originals: readonly Original[];
  /** The campaign brought the lab up and may have left it. */
  readonly labUp: boolean;
  /** Processes of the router's last start. */
  readonly routerPids: readonly number[];
  /** The machine that was tuned, and the campaign's folder on it; undefined: this machine. */
  readonly remote: { readonly host: string; readonly workDir: string } | undefined;
  /** The siptune process that ran it. */
  readonly pid: number | undefined;
}

/** What there is to undo, or null when the campaign wrote nothing or has been restored since its last write. */
export function undoOf(events: readonly CampaignEvent[]): Undo | null {
  const originals: Original[] = [];
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
      case 'remote-opened':
        remote = { host: event.host, workDir: event.workDir };
        open = true;
        break;
      case 'original':
        originals.push({ knob: event.knob, target: event.target, raw: event.raw });
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
        remote = undefined;
        originals.length = 0;
        break;
    }
  }
  return open ? { originals, labUp, routerPids, remote, pid } : null;
}
