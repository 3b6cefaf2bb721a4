// What of an operator's kamailio.cfg must change so that siptune's settings win. Mostly nothing: -n and -b on the command
// line come after the file. (Kamailio 5.6, seen on the real one: shm_mem_size wins over a -m of the default 64, and
// socket_workers over -n.)
import { loadsModule, withParameter } from './config-text.ts';
import { withoutForeignSockets } from './listen-lines.ts';
import type { ConfigText } from './read-config.ts';
import type { RouterSettings } from './router.ts';
import type { ListenAddress } from './udp-socket.ts';

export interface KamailioConfig {
  /** Same as the file when nothing must change. */
  readonly text: string;
  /** Arguments that add the control socket and the statistics. */
  readonly argv: readonly string[];
}

export function deriveKamailioConfig(
  { own, included }: ConfigText,
  settings: Required<RouterSettings>,
  listen: ListenAddress,
  controlSocket: string,
  tcp = false,
): KamailioConfig {
  let text = withoutForeignSockets(own, listen);
  text = withParameter(text, 'socket_workers', settings.workers);
  text = withParameter(text, 'shm_mem(?:_size)?', settings.shmMib);
  const argv: string[] = [];
  if (tcp) {
    text = withParameter(text, 'disable_tcp', 'no');
    argv.push('-l', `tcp:${listen.address}:${listen.port}`, '-N', String(settings.workers));
  }
  const loaded = `${own}\n${included}`;
  // A module that is loaded twice is an error, and a parameter is one before its module is loaded.
  if (!loadsModule(loaded, 'kex')) argv.push('--loadmodule=kex.so');
  if (loadsModule(loaded, 'ctl')) text = `${text}\nmodparam("ctl", "binrpc", "unix:${controlSocket}")\n`;
  else argv.push('--loadmodule=ctl.so', `--modparam=ctl:binrpc:s:unix:${controlSocket}`);
  return { text, argv };
}
