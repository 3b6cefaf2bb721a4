// The dead-man's timer as siptune sees it: put its files on the target's disk, start it, renew it. Constant POSIX sh.
import { SH_BOOT, SH_SET_DEADLINE, SH_SETUP, SH_TO_DISK, SH_UPTIME } from './sh-parts.ts';

/**
 * STATE CAMPAIGN; stdin: lines of NAME BASE64, and a last line "end" (a link may break in the middle).
 * Every file is on disk before the first takes its place.
 */
export const PUT_FILES = `state=$1 campaign=$2
${SH_SETUP}
${SH_TO_DISK}
here=$state/campaigns/$campaign
cd -- "$here" || exit 1
names=
whole=no
while read -r name content; do
  if [ "$name" = end ]; then
    whole=yes
    break
  fi
  printf '%s' "$content" | base64 -d >"$name.new" || exit 1
  chmod 700 -- "$name.new" || exit 1
  to_disk "$name.new" || exit 1
  names="$names $name"
done
[ "$whole" = yes ] || exit 1
for name in $names; do
  mv -f -- "$name.new" "$name" || exit 1
done
to_disk "$here"
echo stored
`;

const IS_WATCHED = `is_watched() {
  [ -s "$here/watcher" ] || return 1
  read -r watcher_pid watcher_start <"$here/watcher"
  [ -r "/proc/$watcher_pid/stat" ] || return 1
  { read -r stat <"/proc/$watcher_pid/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "\${20}" = "$watcher_start" ]
}`;

/** STATE CAMPAIGN TOKEN PERIOD (1/100 s): sets the deadline and starts watch.sh; prints by what. */
export const START_WATCH = `state=$1 campaign=$2 token=$3 period=$4
${SH_SETUP}
${SH_BOOT}
${SH_UPTIME}
${SH_TO_DISK}
here=$state/campaigns/$campaign
${SH_SET_DEADLINE}
${IS_WATCHED}
set_deadline || exit 1
launch() {
  rm -f -- "$here/watcher"
  set -- sh "$here/watch.sh" "$state" "$campaign" "$token"
  case $how in
  systemd-run)
    systemd-run --quiet --collect --unit="siptune-deadman-$token-$$" \\
      --description="siptune: restores campaign $campaign when siptune is gone" -- "$@" \\
      </dev/null >>"$here/watch.log" 2>&1 || return 1
    ;;
  setsid) setsid "$@" </dev/null >>"$here/watch.log" 2>&1 & ;;
  nohup) nohup "$@" </dev/null >>"$here/watch.log" 2>&1 & ;;
  esac
  tries=0
  until is_watched; do
    [ "$tries" -lt 50 ] || return 1
    sleep 0.1 2>/dev/null || sleep 1
    tries=$((tries + 1))
  done
}
for how in systemd-run setsid nohup; do
  # Where systemd is the init, only what it starts itself outlives a session.
  [ "$how" != systemd-run ] || [ -d /run/systemd/system ] || continue
  command -v "$how" >/dev/null 2>&1 || continue
  if launch; then
    echo "watched $how"
    exit 0
  fi
done
tail -n 3 "$here/watch.log" >&2
exit 1
`;

/** STATE CAMPAIGN TOKEN PERIOD (1/100 s): moves the deadline, or says why it is too late. */
export const RENEW = `state=$1 campaign=$2 token=$3 period=$4
${SH_SETUP}
${SH_BOOT}
${SH_UPTIME}
${SH_TO_DISK}
here=$state/campaigns/$campaign
${SH_SET_DEADLINE}
${IS_WATCHED}
say_if_late() {
  if [ -e "$here/fired" ]; then echo fired; exit 0; fi
  if [ ! -e "$state/lease/token.$token" ]; then echo gone; exit 0; fi
}
say_if_late
if command -v flock >/dev/null 2>&1 && command exec 9<"$state/lock"; then flock -s 9; fi
say_if_late
set_deadline || exit 1
say_if_late
if is_watched; then echo renewed; else echo unwatched; fi
`;
