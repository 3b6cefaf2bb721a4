// watch.sh: the dead-man's timer on the target. It restores by itself when siptune has stopped renewing the deadline.
import { LONGEST_PERIOD_CS, SH_BOOT, SH_COMPLETE, SH_LOCK, SH_SETUP, SH_UPTIME } from './sh-parts.ts';

/** How soon the end of a campaign is noticed; a deadline is waited for exactly. */
const POLL_S = 2;
/** For what was on its way to the kernel when the timer fired. */
const BEFORE_RESTORE_S = 1;
const BETWEEN_RESTORES_S = 2;
const LOCK_WAIT_S = 3;

/** Arguments: STATE CAMPAIGN TOKEN. */
export const WATCH_SCRIPT = `#!/bin/sh
# siptune's dead-man's timer. It waits until the time since boot that stands in the file "deadline", which siptune moves on
# while it lives, and then runs restore.sh. The time of day plays no part: clocks are set. It ends with its campaign.
state=$1 campaign=$2 token=$3
here=$state/campaigns/$campaign
mine=$state/lease/token.$token
${SH_SETUP}
trap '' HUP INT
# Keeps no file system busy.
cd /

${SH_BOOT}
${SH_UPTIME}

${SH_LOCK}

${SH_COMPLETE}

# A campaign that is resumed has a folder of the same name, made for another token: the one of before is moved away then,
# restored. Nothing is started for this look, which must not fail where memory is short.
is_mine() {
  [ -e "$here/of.$token" ]
}

# The last to go when memory is short; what restore.sh starts must not inherit that.
oom_before=$(cat "/proc/$$/oom_score_adj" 2>/dev/null)
{ printf '%s' -900 >"/proc/$$/oom_score_adj"; } 2>/dev/null

# So that a renewal can tell that this process still watches.
read -r stat <"/proc/$$/stat"
# shellcheck disable=SC2086
set -- \${stat##*) }
printf '%s %s\\n' "$$" "\${20}" >"$here/watcher.new"
mv -f -- "$here/watcher.new" "$here/watcher"

is_expired() {
  read_boot
  read_uptime
  deadline_boot=
  deadline=
  { read -r deadline_boot deadline <"$here/deadline"; } 2>/dev/null
  # Damaged, it has run out; so has one that no timer is set to, or that a shell cannot count with.
  case $deadline in
  '' | *[!0-9]* | 0* | ????????????????*) deadline=0 ;;
  esac
  [ "$((deadline - now))" -le ${LONGEST_PERIOD_CS} ] || deadline=0
  # Nobody takes a lease away from a campaign that is not restored, except by hand.
  [ -e "$mine" ] || return 0
  [ "$deadline_boot" = "$boot_now" ] || return 0
  [ "$now" -ge "$deadline" ]
}

# True once nothing of this campaign can be written any more; false when a renewal came first.
fence() {
  lock_alone ${LOCK_WAIT_S}
  if ! is_mine || { [ ! -e "$mine" ] && is_complete "$here"; }; then
    exit 0
  fi
  if ! is_expired; then
    unlock
    return 1
  fi
  if mkdir "$here/fired" 2>/dev/null && ! is_expired; then
    rmdir "$here/fired"
    unlock
    return 1
  fi
  # Also where the folder cannot be written any more: what can be restored is.
  unlock
}

restore() {
  log=$here/restore.log
  { true >>"$log"; } 2>/dev/null || log=/dev/null
  (
    { printf '%s' "\${oom_before:-0}" >/proc/self/oom_score_adj; } 2>/dev/null
    exec sh "$here/restore.sh" --again
  ) </dev/null >>"$log" 2>&1
}

release() {
  lock_alone ${LOCK_WAIT_S}
  if [ -e "$mine" ] && is_complete "$here" && mv -- "$state/lease" "$state/lease.gone.$$"; then
    rm -rf -- "$state/lease.gone.$$"
  fi
  unlock
}

while is_mine; do
  if [ ! -e "$mine" ] && is_complete "$here"; then
    exit 0
  fi
  if is_expired && fence; then
    sleep ${BEFORE_RESTORE_S}
    is_mine || exit 0
    restore
    sleep ${BETWEEN_RESTORES_S}
    # Somebody who has taken over since then has restored as well, and works here now.
    if [ -e "$mine" ]; then
      restore
      release
    fi
    exit 0
  fi
  left=$(((deadline - now) / 100 + 1))
  if [ "$left" -gt ${POLL_S} ]; then left=${POLL_S}; elif [ "$left" -lt 1 ]; then left=1; fi
  sleep "$left"
done
`;
