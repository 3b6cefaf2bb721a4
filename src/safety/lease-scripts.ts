// The lease's steps on the target, each one round trip: look, take, remove. Constant POSIX sh; values come as arguments.
import {
  SH_BOOT,
  SH_COMPLETE,
  SH_LOCK,
  SH_SET_DEADLINE,
  SH_SETUP,
  SH_TO_DISK,
  SH_UPTIME,
} from './sh-parts.ts';

const LOCK_WAIT_S = 10;
/** Folders of campaigns that are restored; of older ones the name is kept. */
const MOST_KEPT = 20;
const MOST_NAMES_KEPT = 1_000;

/** STATE: what is there, one fact a line. */
export const LOOK = `state=$1
${SH_SETUP}
${SH_BOOT}
${SH_UPTIME}
${SH_COMPLETE}
read_boot
read_uptime
printf 'boot %s\\nnow %s\\npidns %s\\n' "$boot_now" "$now" "$(readlink /proc/self/ns/pid 2>/dev/null)"
if [ -d "$state" ] && ! ls "$state" >/dev/null 2>&1; then
  echo denied
  exit 0
fi
if [ -d "$state/lease" ]; then
  owner=
  [ ! -e "$state/lease/owner.json" ] || read -r owner <"$state/lease/owner.json"
  printf 'lease %s\\n' "$owner"
fi
for here in "$state"/campaigns/*; do
  [ -d "$here" ] || continue
  outcome=
  [ ! -f "$here/restored" ] || { read -r outcome <"$here/restored"; } 2>/dev/null
  # A power cut may have emptied it: then nothing says that anything was put back.
  case $outcome in
  complete | incomplete) ;;
  # Without its way back, which stands first, it has written nothing.
  *) if [ -e "$here/restore.sh" ]; then outcome=unrestored; else outcome=empty; fi ;;
  esac
  deadline=none
  [ ! -e "$here/deadline" ] || read -r deadline <"$here/deadline"
  printf 'campaign %s %s %s\\n' "\${here##*/}" "$outcome" "$deadline"
done
[ -f "$state/restored-earlier" ] || exit 0
while read -r name; do
  # A power cut may have damaged a line; a folder says more than its name here.
  case $name in '' | *[!A-Za-z0-9._-]*) continue ;; esac
  [ -e "$state/campaigns/$name" ] || printf 'campaign %s complete none\\n' "$name"
done <"$state/restored-earlier"
`;

/**
 * Removes the folders of all but the latest campaigns that are complete, by their names, which begin with the minute. Their names
 * stay: a journal that ends early is not acted upon where the machine knows that everything was put back. Moved away first, for
 * a folder of which a part is gone could pass for one that is not restored. That it fails is no reason not to go on.
 */
const PRUNE = `prune() {
  rm -rf -- "$state"/pruned.*
  set --
  for old in "$state"/campaigns/*; do
    if [ -d "$old" ] && is_complete "$old"; then set -- "$@" "$old"; fi
  done
  [ "$#" -gt ${MOST_KEPT} ] || return 0
  names=$state/restored-earlier
  {
    [ ! -f "$names" ] || tail -n ${MOST_NAMES_KEPT} -- "$names"
    left=$#
    for old in "$@"; do
      [ "$left" -gt ${MOST_KEPT} ] || break
      printf '%s\\n' "\${old##*/}"
      left=$((left - 1))
    done
  } >"$names.new" && to_disk "$names.new" && mv -f -- "$names.new" "$names" || return 0
  to_disk "$state"
  mkdir -- "$state/pruned.$token" || return 0
  while [ "$#" -gt ${MOST_KEPT} ]; do
    mv -- "$1" "$state/pruned.$token/" || return 0
    shift
  done
  to_disk "$state" "$state/campaigns"
  rm -rf -- "$state/pruned.$token"
}`;

/**
 * STATE CAMPAIGN TOKEN OWNER PERIOD (1/100 s): takes the lease, unless somebody has it or something is still to be restored.
 * mkdir makes it, and a hard link, which never replaces anything, makes it whose it is.
 */
export const TAKE = `state=$1 campaign=$2 token=$3 owner=$4 period=$5
${SH_SETUP}
${SH_BOOT}
${SH_UPTIME}
${SH_TO_DISK}
${SH_LOCK}
${SH_COMPLETE}
${SH_SET_DEADLINE}
${PRUNE}
mkdir -p -- "$state" || exit 1
chmod 700 -- "$state" || exit 1
mkdir -p -- "$state/campaigns" || exit 1
if ! lock_alone ${LOCK_WAIT_S}; then
  echo busy
  exit 0
fi
for here in "$state"/campaigns/*; do
  [ -e "$here/restore.sh" ] || continue
  if ! is_complete "$here"; then
    echo unrestored
    exit 0
  fi
done
if ! mkdir -- "$state/lease" 2>/dev/null; then
  [ -d "$state/lease" ] || exit 1
  echo taken
  exit 0
fi
new=$state/lease/owner.$token.new
{ printf '%s\\n' "$owner" >"$new" && to_disk "$new"; } || exit 1
if ! ln -- "$new" "$state/lease/owner.json"; then
  rm -f -- "$new"
  echo taken
  exit 0
fi
rm -f -- "$new"
here=$state/campaigns/$campaign
# The same name from another machine, long since restored; or what was cut short before anything was written.
if [ -e "$here" ]; then mv -- "$here" "$here.before-$token" || exit 1; fi
mkdir -- "$here" || exit 1
true >"$here/of.$token" || exit 1
# Until the timer is armed: a siptune elsewhere cannot be looked for.
set_deadline || exit 1
true >"$state/lease/token.$token" || exit 1
to_disk "$state" "$state/campaigns" "$state/lease" "$here"
rm -rf -- "$state"/lease.gone.*
prune >/dev/null 2>&1
echo held
`;

/** STATE OWNER CAMPAIGN: removes the lease that was seen, once what its campaign changed is restored. */
export const REMOVE = `state=$1 seen=$2 campaign=$3
${SH_SETUP}
${SH_TO_DISK}
${SH_LOCK}
${SH_COMPLETE}
if ! lock_alone ${LOCK_WAIT_S}; then
  echo busy
  exit 0
fi
if [ ! -d "$state/lease" ]; then
  echo gone
  exit 0
fi
owner=
[ ! -e "$state/lease/owner.json" ] || read -r owner <"$state/lease/owner.json"
if [ "$owner" != "$seen" ]; then
  echo changed
  exit 0
fi
here=$state/campaigns/$campaign
if [ -n "$campaign" ] && [ -e "$here/restore.sh" ] && ! is_complete "$here"; then
  echo unrestored
  exit 0
fi
mv -- "$state/lease" "$state/lease.gone.$$" || exit 1
rm -rf -- "$state/lease.gone.$$"
to_disk "$state"
echo removed
`;

/** STATE CAMPAIGN: what could not be restored is taken as it is, and noted. */
export const GIVE_UP = `state=$1 campaign=$2
${SH_SETUP}
${SH_TO_DISK}
here=$state/campaigns/$campaign
cd -- "$here" || exit 1
{ printf 'complete\\ngiven up:\\n' && cat restored; } >restored.new || exit 1
to_disk restored.new && mv -f -- restored.new restored && to_disk "$here"
`;
