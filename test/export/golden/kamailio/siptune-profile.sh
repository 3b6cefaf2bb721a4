#!/bin/sh
# Applies settings for a SIP router, found and proven by siptune, until the next boot.
#
# Apply:    sh siptune-profile.sh   (then restart the router: buffers are taken at its start)
# Look:     sh siptune-profile.sh --dry-run   (changes nothing, needs no root)
# Undo:     sh siptune-profile.sh --revert   (sets what the campaign had found before; restart the router)
#
# net.core.rmem_default: Receive buffer that a new socket gets without asking. 208 KiB → 1.75 MiB
# net.core.rmem_max: Ceiling of what a program may ask for with SO_RCVBUF; the kernel grants twice the request. 4 MiB → 2.75 MiB
#
# Campaign 2026-11-25T1700-lab-kamailio, scenario lab-kamailio, measured 2026-11-25T17:00:04.512Z.
# Evidence: burst (calls at once) 5.58 times that of before (95 % interval 4.61 to 6.75, 4 interleaved pairs) on kamailio 5.6.3, Linux 6.18.44, staging-1.
# The profile is not minimised: some of its settings may not matter.
# It was proven as a whole, together with these, which are not in this file (siptune export writes them too):
#   router.maxbuffer: 256 KiB → 2.75 MiB
#   router.workers: 8 processes → 4 processes
#   router.shm: 64 MiB → 256 MiB
#   router.pkg: 8 MiB → 16 MiB
set -eu
# sysctl stands where a plain user's PATH does not look.
PATH="$PATH:/usr/sbin:/sbin"

dry_run=no
revert=no
for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=yes ;;
    --revert) revert=yes ;;
    -h | --help) echo 'usage: sh siptune-profile.sh [--dry-run] [--revert]'; exit 0 ;;
    -*) echo "unknown option $argument; usage: sh siptune-profile.sh [--dry-run] [--revert]" >&2; exit 2 ;;
    *) echo "unexpected $argument; usage: sh siptune-profile.sh [--dry-run] [--revert]" >&2; exit 2 ;;
  esac
done

if [ "$dry_run" = no ] && [ "$(id -u)" -ne 0 ]; then
  echo 'changing kernel settings needs root: run it with sudo, or look with --dry-run' >&2
  exit 3
fi

# read_value NAME
read_value() {
  sysctl -n "$1"
}

# write_value NAME VALUE
write_value() {
  sysctl -q -w "$1=$2"
}

# check NAME: whatever is missing is found before anything is changed.
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

check net.core.rmem_default
check net.core.rmem_max

set_value net.core.rmem_default 212992 1835008
set_value net.core.rmem_max 4194304 2883584
