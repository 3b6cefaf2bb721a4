// A service manager of one service, for tests: `node kamailio-service.mjs restart|stop DEFAULTS CONFIG PIDFILE ADDRESS PORT`.
// Ends the Kamailio of the PID file and starts one with the sizes of the defaults file, as Debian's unit does.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const [action, defaults, config, pidFile, address, port] = process.argv.slice(2);
const size = (name, fallback) =>
  new RegExp(`^${name}=(\\d+)`, 'm').exec(readFileSync(defaults, 'utf8'))?.[1] ?? fallback;

if (existsSync(pidFile)) {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  process.kill(pid, 'SIGTERM');
  while (existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
    await setTimeout(10);
}
if (action === 'restart')
  execFileSync(
    'kamailio',
    [
      ...['-P', pidFile, '-f', config, '-l', `udp:${address}:${port}`],
      ...['-m', size('SHM_MEMORY', '64'), '-M', size('PKG_MEMORY', '8')],
    ],
    { stdio: 'ignore' },
  );
