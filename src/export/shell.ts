// A POSIX shell script that applies the profile to the running system, shows what it would do, or takes it back.
import { change, EXECUTABLE, type Exporter, header } from './exporter.ts';

const NAME = 'siptune-profile.sh';

export const shell: Exporter = {
  format: 'shell',
  summary: 'POSIX shell script with --dry-run and --revert',
  files(profile) {
    const sysctls = profile.settings.filter(({ knob }) => knob.access.via === 'sysctl');
    const queue = profile.settings.find(({ knob }) => knob.access.via === 'txqueuelen');
    const ofRouter = profile.settings.filter(({ knob }) => knob.access.via === 'router');
    if (sysctls.length === 0 && !queue) return [];
    const calls = [
      ...sysctls.map(
        (setting) => `set_sysctl ${setting.knob.name} ${setting.from} ${setting.to} # ${change(setting)}`,
      ),
      ...(queue ? [`set_queue ${queue.from} ${queue.to} # ${change(queue)}`] : []),
    ];
    return [
      {
        path: NAME,
        mode: EXECUTABLE,
        text: `#!/bin/sh
${header(profile, [
  'Applies settings for a SIP router, found and proven by siptune, until the next boot.',
  '',
  `Apply:    sh ${NAME}${queue ? ' DEVICE' : ''}       (then restart the router: buffers are taken at its start)`,
  `Look:     sh ${NAME} --dry-run${queue ? ' DEVICE' : ''}`,
  `Undo:     sh ${NAME} --revert${queue ? ' DEVICE' : ''}`,
  ...(ofRouter.length > 0
    ? [
        '',
        'The router has settings of its own, which this script does not touch (export router-defaults):',
        ...ofRouter.map((setting) => `  ${setting.knob.name}: ${change(setting)}`),
      ]
    : []),
])}
set -eu

mode=apply
device=
for argument in "$@"; do
  case $argument in
    --dry-run) mode=dry-run ;;
    --revert) mode=revert ;;
    -*) echo "unknown option $argument; there are --dry-run and --revert" >&2; exit 2 ;;
    *) device=$argument ;;
  esac
done

if [ "$mode" != dry-run ] && [ "$(id -u)" -ne 0 ]; then
  echo 'changing kernel settings needs root: run it with sudo' >&2
  exit 3
fi

# set_sysctl KEY BEFORE AFTER
set_sysctl() {
  value=$3
  if [ "$mode" = revert ]; then value=$2; fi
  echo "$1 = $value (now $(sysctl -n "$1"))"
  if [ "$mode" = dry-run ]; then return; fi
  sysctl -q -w "$1=$value"
  if [ "$(sysctl -n "$1")" != "$value" ]; then
    echo "$1 is $(sysctl -n "$1") after writing $value" >&2
    exit 1
  fi
}
${queue ? SET_QUEUE : ''}
${calls.join('\n')}
`,
      },
    ];
  },
};

const SET_QUEUE = `
# set_queue BEFORE AFTER
set_queue() {
  value=$2
  if [ "$mode" = revert ]; then value=$1; fi
  if [ -z "$device" ]; then
    echo 'name the device that the router sends through, e.g. eth0' >&2
    exit 2
  fi
  echo "txqueuelen of $device = $value"
  if [ "$mode" = dry-run ]; then return; fi
  ip link set dev "$device" txqueuelen "$value"
}
`;
