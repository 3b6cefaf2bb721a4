// What runs on the other machine: a loop of POSIX sh that takes requests on its standard input and answers in order. One
// round trip for each, where a command of ssh's own would need two and a login each time; nothing is installed for it.
// Constant text on one line without single quotes, so that any login shell hands it on as it is.

/**
 * The process is a child of `monitor`, which waits for its end, and it leads a session that setsid(1) made: its number is
 * that of the group. `check` and `go` are functions that a request defines (command-text.ts); fd 3 takes the events.
 */
const MONITOR = [
  'monitor() {',
  '{ go; } </dev/null >"$dir/$id.out" 2>"$dir/$id.err" 3>&- & pid=$!;',
  'if [ "$tied" = 1 ]; then echo "$pid" >"$dir/$id.tied"; fi;',
  'echo "$pid"; exec >/dev/null; wait "$pid"; code=$?; rm -f "$dir/$id.tied";',
  'printf "%s exit %s %s\\n" "$mark" "$id" "$code" >&3;',
  'if [ "$sweep" = 1 ]; then n=0;',
  'while kill -s KILL -- "-$pid" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.01; n=$((n+1)); done; fi;',
  'printf "%s swept %s 0\\n" "$mark" "$id" >&3; };',
].join(' ');

/** At the agent's end, which is that of the connection: what was to end with it is killed, its group or, before setsid(1), itself. */
const LEAVE = [
  'leave() {',
  'for f in "$dir"/*.tied; do if read -r pid <"$f"; then',
  'kill -s KILL -- "-$pid" || kill -s KILL "$pid"; fi; done 2>/dev/null; rm -rf "$dir"; };',
].join(' ');

/**
 * The first line of the input is the mark: what no output can contain, because nobody else knows it. A request is a line
 * `kind id bytes-of-its-text bytes-of-its-input sweep tied`, the text and the input. `raw` sends output as it comes, for scripts
 * of ours that leave nothing behind; `run` keeps it in files, so that a daemon which a command left cannot add to it later.
 */
export const AGENT_SCRIPT = [
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH; unset CDPATH; IFS= read -r mark || exit 0;',
  'dir=$(mktemp -d /run/siptune-ssh-XXXXXX 2>/dev/null || mktemp -d /tmp/siptune-ssh-XXXXXX) || exit 1;',
  LEAVE,
  'trap leave EXIT; trap "exit 1" HUP INT TERM PIPE; exec 3>&2;',
  'printf "%s\\n" "$mark" >"$dir/mark";',
  // Background jobs of a shell without a terminal ignore SIGINT and SIGQUIT, and so would what they become.
  'if env --default-signal=INT true 2>/dev/null; then',
  'heeding="env --default-signal=INT --default-signal=QUIT"; else heeding=; fi;',
  MONITOR,
  'printf "%s end 0\\n" "$mark";',
  'while read -r kind id size input sweep tied; do',
  'text=$(head -c "$size"); from=/dev/null;',
  'if [ "$input" -gt 0 ]; then from=$dir/in; head -c "$input" >"$from"; fi;',
  'eval "$text";',
  'case $kind in',
  'raw) ( go ) </dev/null 2>/dev/null 3>&-; printf "%s end %s\\n" "$mark" "$?";;',
  'run) ( check && go ) <"$from" >"$dir/out" 2>"$dir/err" 3>&-; code=$?;',
  'cat "$dir/out"; printf "%s err\\n" "$mark";',
  'if [ -s "$dir/err" ]; then cat "$dir/err"; fi; printf "%s end %s\\n" "$mark" "$code";',
  'rm -f "$dir/out" "$dir/err" "$dir/in";;',
  'spawn) if why=$(check 2>&1 3>&-); then',
  'pid=$(monitor </dev/null & ); printf "%s" "$pid"; code=0; else printf "%s" "$why"; code=1; fi;',
  'printf "%s end %s\\n" "$mark" "$code";;',
  'esac; done',
].join(' ');
