// Pieces of POSIX sh that several of the scripts share. All of them are constant; values come as positional arguments.

/** Tools of the administrator are found also where PATH was short; nothing depends on the language. */
export const SH_SETUP = `set -u
umask 077
LC_ALL=C
PATH="\${PATH:-}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export LC_ALL PATH`;

/** Files, then their folder; older sync(1) knows only everything. */
export const SH_TO_DISK = `to_disk() {
  sync -- "$@" 2>/dev/null || sync
}`;

/** Time since boot, 1/100 s: it also counts while the machine sleeps, and nobody can set it. */
export const SH_UPTIME = `read_uptime() {
  read -r uptime _ </proc/uptime
  now=\${uptime%.*}\${uptime#*.}
}`;

export const SH_BOOT = `read_boot() {
  read -r boot_now </proc/sys/kernel/random/boot_id
}`;

/** No timer is set further ahead, 1/100 s: a deadline beyond it is damaged. */
export const LONGEST_PERIOD_CS = 360_000;

/** On disk before it takes its place: after a power cut there is this deadline, or the one before it. */
export const SH_SET_DEADLINE = `set_deadline() {
  read_boot
  read_uptime
  printf '%s %s\\n' "$boot_now" "$((now + period))" >"$here/deadline.$$.new" &&
    to_disk "$here/deadline.$$.new" &&
    mv -f -- "$here/deadline.$$.new" "$here/deadline"
}`;

/**
 * The lock that keeps a write and a restore apart. It goes with the process that holds it, so nobody can leave it behind;
 * a writer that is stuck is not waited for longer than this. Without flock(1) the checks around it still hold.
 */
export const SH_LOCK = `lock_alone() {
  command -v flock >/dev/null 2>&1 || return 0
  command exec 9>>"$state/lock" || return 0
  lock_tries=0
  until flock -x -n 9; do
    lock_tries=$((lock_tries + 1))
    [ "$lock_tries" -lt "$1" ] || return 1
    sleep 1
  done
}
unlock() {
  command exec 9>&-
}`;

export const SH_COMPLETE = `is_complete() {
  [ -f "$1/restored" ] || return 1
  outcome=
  { read -r outcome <"$1/restored"; } 2>/dev/null
  [ "$outcome" = complete ]
}`;
