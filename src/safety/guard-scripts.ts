// The guard around each change on the target: a command that was held up on its way (a link that stalled, a siptune that was
// stopped) and arrives after the restore must not be carried out. Constant POSIX sh; values come as arguments.
import { WRITE_FILES_SCRIPT } from '../targets/file-scripts.ts';

/** What a guard says instead of running the command; the token makes it unmistakable. */
export const REFUSED = 'siptune refused this';
export const REFUSED_STATUS = 75;

/** STATE CAMPAIGN TOKEN … Shares the lock that a restore waits for, so that none comes between the look and the change. */
const GUARD = `state=$1 campaign=$2 token=$3
shift 3
check() {
  [ -e "$state/lease/token.$token" ] && [ ! -e "$state/campaigns/$campaign/fired" ] && return 0
  echo "${REFUSED} $token" >&2
  exit ${REFUSED_STATUS}
}
check
if command -v flock >/dev/null 2>&1 && command exec 9<"$state/lock"; then
  flock -s 9
  check
fi`;

/** … COMMAND…: the lock goes with the command, and ends with it. */
export const GUARDED_RUN = `${GUARD}
exec "$@"`;

/** … COMMAND…: for what leaves a daemon behind, which must not keep the lock. The mark tells restore.sh of the restart. */
export const GUARDED_RESTART = `${GUARD}
true >"$state/campaigns/$campaign/service-restarted" || exit 1
sync -- "$state/campaigns/$campaign" 2>/dev/null
exec "$@" 9>&-`;

/** … COMMAND…: for what runs on; restore.sh finds it by the mark in its environment. */
export const GUARDED_SPAWN = `${GUARD}
exec "$@" 9>&-`;

/** … PATH BYTES; stdin: the text. One that arrives cut short is not written. */
export const GUARDED_WRITE = `LC_ALL=C
export LC_ALL
text=$(cat; printf x)
text=\${text%x}
path=$4
bytes=$5
if [ "\${#text}" -ne "$bytes" ]; then
  echo "only \${#text} of $bytes bytes arrived" >&2
  exit 1
fi
${GUARD}
printf '%s' "$text" | tee -- "$path" >/dev/null`;

/** … PATH TEXT PATH TEXT…: settings, each read back, as hosts write them. */
export const GUARDED_WRITES = `${GUARD}
${WRITE_FILES_SCRIPT}`;
