// A POSIX shell script that applies the profile to the running system, shows what it would do, or takes it back.
import { EXECUTABLE, type Exporter, header, why } from './exporter.ts';
import type { Setting } from './profile.ts';

const NAME = 'siptune-profile.sh';

export const shell: Exporter = {
  format: 'shell',
  summary: 'POSIX shell script with --dry-run and --revert',
  files(profile) {
    const sysctls = profile.settings.filter(({ knob }) => knob.access.via === 'sysctl');
    const queue = profile.settings.find(({ knob }) => knob.access.via === 'txqueuelen');
    const covered = queue ? [...sysctls, queue] : sysctls;
    if (covered.length === 0) return [];
    const device = queue ? ' DEVICE' : '';
    const head = header(profile, covered, [
      'Applies settings for a SIP router, found and proven by siptune, until the next boot.',
      '',
      `Apply:    sh ${NAME}${device}   (then restart the router: buffers are taken at its start)`,
      `Look:     sh ${NAME} --dry-run${device}   (changes nothing, needs no root)`,
      `Undo:     sh ${NAME} --revert${device}   (sets what the campaign had found before; restart the router)`,
      ...(queue ? ['          DEVICE is the one that the router sends through, e.g. eth0.'] : []),
      '',
      ...covered.map((setting) => `${setting.knob.name}: ${why(setting)}`),
    ]);
    return [
      {
        path: NAME,
        mode: EXECUTABLE,
        text: ['#!/bin/sh', head, options(queue), functions(queue), calls(sysctls, queue)].join('\n'),
      },
    ];
  },
};

/** Arguments, and whatever can be found wrong before the first write. */
function options(queue: Setting | undefined): string {
  const usage = `usage: sh ${NAME} [--dry-run] [--revert]${queue ? ' DEVICE' : ''}`;
  const positional = queue
    ? `    *)
      if [ -n "$device" ]; then echo "one device, not $device and $argument" >&2; exit 2; fi
      device=$argument ;;`
    : `    *) echo "unexpected $argument; ${usage}" >&2; exit 2 ;;`;
  const deviceCheck = `
case $device in
  '' | . | .. | */*) echo 'name the device that the router sends through, e.g. eth0; ${usage}' >&2; exit 2 ;;
esac
queue=/sys/class/net/$device/tx_queue_len
if [ ! -r "$queue" ]; then
  echo "there is no device $device here: nothing was changed" >&2
  exit 3
fi
`;
  return `set -eu
# sysctl stands where a plain user's PATH does not look.
PATH="$PATH:/usr/sbin:/sbin"

dry_run=no
revert=no
${queue ? 'device=\n' : ''}for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=yes ;;
    --revert) revert=yes ;;
    -h | --help) echo '${usage}'; exit 0 ;;
    -*) echo "unknown option $argument; ${usage}" >&2; exit 2 ;;
${positional}
  esac
done
${queue ? deviceCheck : ''}
if [ "$dry_run" = no ] && [ "$(id -u)" -ne 0 ]; then
  echo 'changing kernel settings needs root: run it with sudo, or look with --dry-run' >&2
  exit 3
fi
`;
}

function functions(queue: Setting | undefined): string {
  const read = queue
    ? `  case $1 in
    txqueuelen) cat "$queue" ;;
    *) sysctl -n "$1" ;;
  esac`
    : '  sysctl -n "$1"';
  const write = queue
    ? `  case $1 in
    txqueuelen) echo "$2" >"$queue" ;;
    *) sysctl -q -w "$1=$2" ;;
  esac`
    : '  sysctl -q -w "$1=$2"';
  return `# read_value NAME
read_value() {
${read}
}

# write_value NAME VALUE
write_value() {
${write}
}

${CHECK_AND_SET}`;
}

const CHECK_AND_SET = `# check NAME: whatever is missing is found before anything is changed.
check() {
  if ! read_value "$1" >/dev/null; then
    echo "$1 cannot be read on this system: nothing was changed" >&2
    exit 3
  fi
}

# set_value NAME BEFORE AFTER
set_value() {
  now=$(read_value "$1")
  wanted=$3
  if [ "$revert" = yes ]; then wanted=$2; fi
  if [ "$now" = "$wanted" ]; then
    echo "$1 = $wanted already"
    return
  fi
  if [ "$now" != "$2" ] && [ "$now" != "$3" ]; then
    echo "note: $1 is $now here, which --revert does not bring back: it sets $2, as where it was measured" >&2
  fi
  if [ "$dry_run" = yes ]; then
    echo "$1 = $wanted, now $now (not written)"
    return
  fi
  if ! write_value "$1" "$wanted" || [ "$(read_value "$1")" != "$wanted" ]; then
    echo "$1 is $(read_value "$1"), $wanted was not taken; settings named above are changed" >&2
    exit 1
  fi
  echo "$1 = $wanted, was $now"
}
`;

/** Queues that HTB made by itself took their limit when they were made (net/sched/sch_htb.c). */
const OLD_QUEUES = `if [ "$dry_run" = no ] && command -v tc >/dev/null && tc qdisc show dev "$device" | grep -q '^qdisc htb'; then
  echo "note: the queues that HTB on $device already has keep their old length until HTB is set up anew" >&2
fi
`;

function calls(sysctls: readonly Setting[], queue: Setting | undefined): string {
  const settings = queue ? [...sysctls, queue] : sysctls;
  return [
    ...settings.map(({ knob }) => `check ${knob.name}`),
    '',
    ...settings.map(({ knob, from, to }) => `set_value ${knob.name} ${from} ${to}`),
    ...(queue ? ['', OLD_QUEUES] : ['']),
  ].join('\n');
}
