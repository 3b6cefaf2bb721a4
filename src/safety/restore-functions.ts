// The constant part of restore.sh: how each kind of setting is put back. POSIX sh; besides, base64(1) and readlink(1).
import { SH_BOOT, SH_COMPLETE, SH_LOCK, SH_SETUP, SH_TO_DISK } from './sh-parts.ts';

/** A restore that waits longer for a writer that is stuck goes on without the lock. */
const LOCK_WAIT_S = 10;
const RESTART_LIMIT_S = 120;

export const RESTORE_FUNCTIONS = `${SH_SETUP}
failures=0
failed_list=
newline='
'
restart_due=no

${SH_TO_DISK}

${SH_BOOT}

${SH_LOCK}

${SH_COMPLETE}

report() {
  printf '%s\\t%s\\t%s\\n' "$1" "$2" "$3"
}

failed() {
  failures=$((failures + 1))
  squeeze "$2"
  failed_list="$failed_list$1: $squeezed$newline"
  report FAILED "$1" "$squeezed"
}

# White space as one blank: the kernel separates by tabs what was written with blanks.
squeeze() {
  set -f
  # shellcheck disable=SC2086
  set -- $1
  set +f
  squeezed="$*"
}

# From here on the campaign can write nothing any more, should it still be there.
begin() {
  if [ -d "$here" ]; then
    if is_complete "$here" && [ "\${1:-}" != --again ] && [ ! -e "$state/lease/token.$token" ]; then
      report restored-already "$campaign" 'nothing to do (--again does it all the same)'
      exit 0
    fi
    mkdir "$here/fired" 2>/dev/null
    to_disk "$here"
    lock_alone ${LOCK_WAIT_S}
  fi
  for holder in "$state"/lease/token.*; do
    [ -e "$holder" ] || continue
    [ "$holder" = "$state/lease/token.$token" ] && continue
    printf '%s\\n' "another campaign works on this machine: see $state/lease/owner.json; nothing was restored" >&2
    exit 3
  done
}

same_boot() {
  read_boot
  [ "$boot_now" = "$boot" ]
}

# Processes that the campaign started carry its mark in their environment: a number alone could be somebody else's by now.
marked_pids() {
  grep -lF -- "SIPTUNE_CAMPAIGN=:$campaign:$token:" /proc/[0-9]*/environ 2>/dev/null |
    while IFS=/ read -r _ _ pid _; do
      printf '%s ' "$pid"
    done
}

end_processes() {
  for signal in TERM KILL; do
    tries=0
    while pids=$(marked_pids) && [ -n "$pids" ] && [ "$tries" -lt 30 ]; do
      for pid in $pids; do
        kill -s "$signal" "$pid" 2>/dev/null && [ "$tries" -eq 0 ] &&
          report ended "process $pid" "SIG$signal"
      done
      sleep 0.1 2>/dev/null || sleep 1
      tries=$((tries + 1))
    done
  done
  pids=$(marked_pids)
  [ -z "$pids" ] || failed processes "still there after SIGKILL: $pids"
}

in_netns() {
  netns_of_command=$1
  shift
  if [ -n "$netns_of_command" ]; then
    ip netns exec "$netns_of_command" "$@"
  else
    "$@"
  fi
}

# False when there is nothing to restore there.
is_there() {
  knob=$1 netns=$2
  if ! same_boot; then
    report unchanged "$knob" 'the reboot has undone it'
    return 1
  fi
  if [ -z "$netns" ] || [ -e "/run/netns/$netns" ] || [ -e "/var/run/netns/$netns" ]; then
    return 0
  fi
  case " $lab_namespaces " in
  *" $netns "*) report unchanged "$knob" 'gone with the lab' ;;
  *) failed "$knob" "the network namespace $netns no longer exists" ;;
  esac
  return 1
}

read_value() {
  if ! text=$(in_netns "$1" cat -- "$2" 2>&1); then
    return 1
  fi
  squeeze "$text"
}

# KNOB NETNS FILE VALUE
restore_value() {
  knob=$1 netns=$2 file=$3 want=$4
  if ! read_value "$netns" "$file"; then
    failed "$knob" "cannot be read: $text"
    return
  fi
  from=$squeezed
  if [ "$from" = "$want" ]; then
    report unchanged "$knob" "$want"
    return
  fi
  # shellcheck disable=SC2069
  if ! error=$(printf '%s\\n' "$want" | in_netns "$netns" tee -- "$file" 2>&1 >/dev/null); then
    failed "$knob" "is $from, and $want cannot be written: $error"
    return
  fi
  if read_value "$netns" "$file" && [ "$squeezed" = "$want" ]; then
    report restored "$knob" "$from -> $want"
  else
    failed "$knob" "is $squeezed after $want was written"
  fi
}

# KNOB NETNS KEY VALUE
restore_sysctl() {
  is_there "$1" "$2" || return 0
  restore_value "$1" "$2" "$proc_sys/$3" "$4"
}

# A folder that cannot be written must not keep anything from being restored.
mark() {
  { true >"$1"; } 2>/dev/null || true
}

# KNOB NETNS DEVICE VALUE STEP
restore_txqueuelen() {
  is_there "$1" "$2" || return 0
  # The mark survives an end between the value and the queues that it is for.
  pending=$here/pending-queues-$5
  queues_due=no
  if read_value "$2" "$sys_net/$3/tx_queue_len" && [ "$squeezed" != "$4" ]; then
    queues_due=yes
    mark "$pending"
  fi
  restore_value "$1" "$2" "$sys_net/$3/tx_queue_len" "$4"
  if [ "$queues_due" = no ] && [ ! -e "$pending" ]; then
    return 0
  fi
  if recreate_leaves "$1" "$2" "$3"; then
    rm -f -- "$pending"
  fi
}

# A class of HTB without a queue of its own has one whose length was txqueuelen when it was made: a new one takes today's.
recreate_leaves() {
  command -v tc >/dev/null 2>&1 || return 0
  classes=$(in_netns "$2" tc class show dev "$3" 2>/dev/null)
  parents=' '
  while read -r _ kind _ where parent _; do
    [ "$kind" = htb ] && [ "$where" = parent ] && parents="$parents$parent "
  done <<END
$classes
END
  while read -r _ kind id where parent rest; do
    [ "$kind" = htb ] || continue
    case $where in
    root) attributes=" $parent $rest " ;;
    *) attributes=" $rest " ;;
    esac
    case $attributes in *' leaf '*) continue ;; esac
    case $parents in *" $id "*) continue ;; esac
    if ! error=$(
      in_netns "$2" tc qdisc add dev "$3" parent "$id" pfifo 2>&1 &&
        in_netns "$2" tc qdisc del dev "$3" parent "$id" 2>&1
    ); then
      failed "$1" "the queue of class $id on $3 cannot be made anew: $error"
      return 1
    fi
  done <<END
$classes
END
}

# NAME FILE BASE64
restore_file() {
  if [ ! -f "$2" ]; then
    failed "$1" "$2 no longer exists"
    return
  fi
  file=$(readlink -f -- "$2")
  # What siptune leaves when it is killed while it replaces the file.
  rm -f -- "$file.siptune-new"
  if printf '%s' "$3" | base64 -d | cmp -s - "$file"; then
    report unchanged "$1" "$2"
    return
  fi
  # A copy first, for owner and mode; a reader, or a crash, finds the old text or the new one, never a part.
  if error=$(
    {
      cp -p -- "$file" "$file.siptune-restore" &&
        printf '%s' "$3" | base64 -d >"$file.siptune-restore" &&
        to_disk "$file.siptune-restore"
    } 2>&1
  ) && restart_due=yes && mark "$here/pending-restart" && error=$(
    {
      mv -f -- "$file.siptune-restore" "$file" &&
        to_disk "$(dirname -- "$file")"
    } 2>&1
  ) && printf '%s' "$3" | base64 -d | cmp -s - "$file"; then
    report restored "$1" "$2"
  else
    rm -f -- "$file.siptune-restore" 2>/dev/null
    failed "$1" "$2 cannot be written back: $error"
  fi
}

# NETNS COMMAND…: only when its files were changed, or when the campaign restarted it: its sockets were then made under other settings.
restart_service() {
  if [ "$restart_due" = no ] && [ ! -e "$here/pending-restart" ]; then
    [ -e "$here/service-restarted" ] && same_boot || return 0
  fi
  netns=$1
  shift
  name="restart of the service ($*)"
  if command -v timeout >/dev/null 2>&1; then
    set -- timeout ${RESTART_LIMIT_S} "$@"
  fi
  log=$here/restart.log
  { true >"$log"; } 2>/dev/null || log=/dev/null
  # To a file: a daemon that keeps its starter's output open would hold up a pipe for ever.
  if in_netns "$netns" "$@" </dev/null >"$log" 2>&1 9>&-; then
    rm -f -- "$here/pending-restart" "$here/service-restarted"
    report restored "$name" "its settings are as before"
  else
    status=$?
    failed "$name" "exit status $status: $(tail -n 3 "$log" 2>/dev/null)"
  fi
}

# FOLDER
remove_folder() {
  [ -d "$1" ] || return 0
  if error=$(rm -rf -- "$1" 2>&1); then
    report restored 'work folder' "$1 -> deleted"
  else
    failed 'work folder' "$1 cannot be deleted: $error"
  fi
}

lab_down() {
  same_boot || return 0
  for netns in "$@"; do
    [ -e "/run/netns/$netns" ] || [ -e "/var/run/netns/$netns" ] || continue
    for signal in TERM KILL; do
      tries=0
      while pids=$(ip netns pids "$netns" 2>/dev/null) && [ -n "$pids" ] && [ "$tries" -lt 20 ]; do
        [ "$tries" -gt 0 ] || for pid in $pids; do
          kill -s "$signal" "$pid" 2>/dev/null
        done
        sleep 0.1 2>/dev/null || sleep 1
        tries=$((tries + 1))
      done
    done
    if error=$(ip netns del "$netns" 2>&1); then
      report restored lab "$netns -> deleted"
    else
      failed lab "namespace $netns cannot be deleted: $error"
    fi
  done
}

finish() {
  if [ "$failures" -eq 0 ]; then outcome=complete; else outcome=incomplete; fi
  if [ -d "$here" ]; then
    printf '%s\\n%s' "$outcome" "$failed_list" >"$here/restored.new" &&
      to_disk "$here/restored.new" &&
      mv -f -- "$here/restored.new" "$here/restored" &&
      to_disk "$here"
  fi
  [ "$failures" -eq 0 ] && exit 0
  printf '\\nNOT RESTORED (%s):\\n%s' "$failures" "$failed_list" >&2
  exit 1
}`;
