#!/bin/sh
# Applies settings for a SIP router, found and proven by siptune, until the next boot.
#
# Apply:    sh siptune-profile.sh DEVICE   (then restart the router: buffers are taken at its start)
# Look:     sh siptune-profile.sh --dry-run DEVICE   (changes nothing, needs no root)
# Undo:     sh siptune-profile.sh --revert DEVICE   (sets what the campaign had found before; restart the router)
#           DEVICE is the one that the router sends through, e.g. eth0.
#
# net.core.rmem_default: Receive buffer that a new socket gets without asking. 208 KiB → 1.75 MiB
# kernel.shmmax: Largest System V shared-memory segment. 18446744073692774399 bytes → 1 GiB
# kernel.shmall: Total System V shared memory, in pages. 18446744073692774399 pages → 262,144 pages
# txqueuelen: Length of the transmit queue of the router’s egress device. 1,000 packets → 200 packets
#
# Campaign 2026-11-25T1700-lab-kamailio, scenario lab-kamailio, measured 2026-11-25T17:00:04.512Z.
# Evidence: burst (calls at once) 5.58 times that of before (95 % interval 4.61 to 6.75, 4 interleaved pairs) on opensips 3.6.8, Linux 6.18.44, staging-1.
# The profile is not minimised: some of its settings may not matter.
# It was proven as a whole, together with these, which are not in this file (siptune export writes them too):
#   router.workers: 8 processes → 2 processes
#   router.shm: 64 MiB → 512 MiB
#   router.allocator: qm → fm
set -eu
# sysctl stands where a plain user's PATH does not look.
PATH="$PATH:/usr/sbin:/sbin"

dry_run=no
revert=no
device=
for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=yes ;;
    --revert) revert=yes ;;
    -h | --help) echo 'usage: sh siptune-profile.sh [--dry-run] [--revert] DEVICE'; exit 0 ;;
    -*) echo "unknown option $argument; usage: sh siptune-profile.sh [--dry-run] [--revert] DEVICE" >&2; exit 2 ;;
    *)
      if [ -n "$device" ]; then echo "one device, not $device and $argument" >&2; exit 2; fi
      device=$argument ;;
  esac
done

case $device in
  '' | . | .. | */*) echo 'name the device that the router sends through, e.g. eth0; usage: sh siptune-profile.sh [--dry-run] [--revert] DEVICE' >&2; exit 2 ;;
esac
queue=/sys/class/net/$device/tx_queue_len
if [ ! -r "$queue" ]; then
  echo "there is no device $device here: nothing was changed" >&2
  exit 3
fi

if [ "$dry_run" = no ] && [ "$(id -u)" -ne 0 ]; then
  echo 'changing kernel settings needs root: run it with sudo, or look with --dry-run' >&2
  exit 3
fi

# read_value NAME
read_value() {
  case $1 in
    txqueuelen) cat "$queue" ;;
    *) sysctl -n "$1" ;;
  esac
}

# write_value NAME VALUE
write_value() {
  case $1 in
    txqueuelen) echo "$2" >"$queue" ;;
    *) sysctl -q -w "$1=$2" ;;
  esac
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
check kernel.shmmax
check kernel.shmall
check txqueuelen

set_value net.core.rmem_default 212992 1835008
set_value kernel.shmmax 18446744073692774399 1073741824
set_value kernel.shmall 18446744073692774399 262144
set_value txqueuelen 1000 200

if [ "$dry_run" = no ] && command -v tc >/dev/null && tc qdisc show dev "$device" | grep -q '^qdisc htb'; then
  echo "note: the queues that HTB on $device already has keep their old length until HTB is set up anew" >&2
fi
