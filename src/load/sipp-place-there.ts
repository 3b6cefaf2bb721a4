// SIPps on another machine: they work in folders there, their files are brought here, and times are told by a clock that is
// compared with siptune's for each offer. Nothing but SIPp, coreutils and /proc is needed there.
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { join as joinThere } from 'node:path/posix';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import type { Host } from '../targets/host.ts';
import { flowFile } from './sipp-flows.ts';
import { type ClockReading, folderHere, type SippFolder, type SippPlace } from './sipp-place.ts';
import { dropsIn } from './sipp-sockets.ts';

const FLOWS = ['invite', 'options', 'register', 'answer'] as const;
/** Each look is a round trip and a few processes there, on CPUs that are for load. */
const POLL_MS = { steady: 200, burst: 100, drain: 100 } as const;
/** The quickest of these tells the clock best. */
const CLOCK_READINGS = 4;
const NS_PER_MS = 1e6;
/** For a command to be started there, beyond its way. */
const START_LEAD_MS = 150;
const ROUND_TRIPS_BEFORE_START = 3;
/** AT COMMAND…: ns since the epoch. The process stays the same, and so does its number. */
const BEGIN_AT = `wait=$((($1 - $(date +%s%N)) / 1000000)); shift
if [ "$wait" -gt 0 ]; then sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"; fi
exec "$@"`;

/** `workDir` is there already; it goes away with the campaign. */
export function createSippPlaceThere(machine: Host, workDir: string, clock: Clock): SippPlace {
  let folders = 0;
  let prepared: Promise<void> | undefined;
  const readClock = () => readClockOf(machine, clock);
  return {
    on: machine.label,
    flowPath: (name) => joinThere(workDir, `${name}.xml`),
    pollMs: POLL_MS,
    ready() {
      prepared ??= putFlows(machine, workDir);
      prepared.catch(() => {
        prepared = undefined;
      });
      return prepared;
    },
    async workIn(rawDir) {
      const path = joinThere(workDir, String(++folders));
      const made = await machine.run(['mkdir', '-m', '700', '--', path]);
      if (made.exitCode === 0) return folderThere(machine, path, rawDir);
      throw new UserError(
        `cannot make the folder ${path} on ${machine.label}: ${made.stderr.trim() || 'no answer'}`,
        EXIT.unsafe,
      );
    },
    async drops(pid, endpoint, transport) {
      const path = `/proc/${pid}/net/${transport === undefined ? 'udp' : 'tcp'}`;
      return dropsIn((await machine.readFiles([path])).get(path) ?? '', endpoint, transport);
    },
    readClock,
    leadMs: ({ roundTripMs }) => START_LEAD_MS + ROUND_TRIPS_BEFORE_START * roundTripMs,
    async beginAt(argv, atMs, { aheadMs }) {
      const thereMs = clock.date().getTime() + (atMs - clock.nowMs()) + aheadMs;
      return ['sh', '-c', BEGIN_AT, 'sh', String(BigInt(Math.round(thereMs)) * BigInt(NS_PER_MS)), ...argv];
    },
  };
}

async function putFlows(machine: Host, workDir: string): Promise<void> {
  for (const name of FLOWS)
    await machine.writeFile(joinThere(workDir, `${name}.xml`), await readFile(flowFile(name), 'utf8'));
}

/** The other clock was read at some time between question and answer: what is not known is on which half of the way. */
async function readClockOf(machine: Host, clock: Clock): Promise<ClockReading> {
  let best: ClockReading | undefined;
  for (let reading = 0; reading < CLOCK_READINGS; reading++) {
    const [beforeMs, startMs] = [clock.date().getTime(), clock.nowMs()];
    const { stdout, stderr } = await machine.run(['date', '+%s%N']);
    const roundTripMs = clock.nowMs() - startMs;
    const text = stdout.trim();
    if (!/^\d{19}$/.test(text))
      throw new UserError(
        `"date +%s%N" on ${machine.label} gave ${JSON.stringify((text || stderr.trim()).slice(0, 40))}, no time to the nanosecond: ` +
          'generators there need the date of GNU coreutils',
        EXIT.unsafe,
      );
    const aheadMs = Number(BigInt(text) / 1000n) / 1000 - (beforeMs + roundTripMs / 2);
    if (best === undefined || roundTripMs < best.roundTripMs)
      best = { aheadMs, uncertaintyMs: roundTripMs / 2, roundTripMs };
  }
  if (best === undefined) throw new Error('the clock was not read');
  return best;
}

/** What is followed while it grows is kept here as it comes; the rest comes after the end. */
function folderThere(machine: Host, path: string, rawDir: string): SippFolder {
  const here = folderHere(rawDir);
  const followed = new Set<string>();
  return {
    path,
    async put(name, text) {
      followed.add(name);
      await here.put(name, text);
      await machine.writeFile(joinThere(path, name), text);
    },
    async appended(name, offset) {
      followed.add(name);
      const { exitCode, stdout } = await machine.run([
        ...['tail', '-c', `+${offset + 1}`, '--', joinThere(path, name)],
      ]);
      const text = exitCode === 0 ? Buffer.from(stdout, 'utf8') : Buffer.alloc(0);
      // As a file that somebody has deleted, it is written all the same.
      if (text.length > 0) await appendFile(join(rawDir, name), text).catch(() => {});
      return text;
    },
    async read(name) {
      const brought = await here.read(name);
      if (brought.length > 0) return brought;
      const file = joinThere(path, name);
      return Buffer.from((await machine.readFiles([file])).get(file) ?? '', 'utf8');
    },
    async collect() {
      const { exitCode, stdout } = await machine.run(['ls', '-1', '--', path]);
      const names = exitCode === 0 ? stdout.split('\n').filter((name) => isOurs(name, followed)) : [];
      const texts = await machine.readFiles(names.map((name) => joinThere(path, name)));
      for (const name of names)
        await writeFile(join(rawDir, name), texts.get(joinThere(path, name)) ?? '').catch(() => {});
      await machine.run(['rm', '-rf', '--', path]);
    },
  };
}

/** A name that another machine tells must not lead out of the folder. */
function isOurs(name: string, followed: ReadonlySet<string>): boolean {
  return /^[\w][\w.-]*$/.test(name) && !followed.has(name);
}
