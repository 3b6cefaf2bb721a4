// The copy of an operator's opensips.cfg that siptune starts OpenSIPS with. The file wins over the command line there, so
// siptune's values are written into it; the operator's own file is never touched, and every line keeps its number.
import { loadsModule, withParameter } from './config-text.ts';
import { withoutForeignSockets } from './listen-lines.ts';
import type { ConfigText } from './read-config.ts';
import type { RouterSettings } from './router.ts';
import type { ListenAddress } from './udp-socket.ts';

export interface OpensipsPlaces {
  readonly listen: ListenAddress;
  /** SIP over TCP as well. */
  readonly tcp?: boolean | undefined;
  readonly fifo: string;
  /** Where answers of the MI FIFO are expected. */
  readonly replyDir: string;
  /** Folders with modules, tried before those of the file. */
  readonly modulePaths: readonly string[];
}

/** Workers that come and go by themselves would change the router in the middle of a trial. */
const AUTO_SCALING = /[ \t]+use_auto_scaling_profile[ \t]+\w+/;

export function deriveOpensipsConfig(
  { own, included }: ConfigText,
  settings: Required<RouterSettings>,
  { listen, tcp, fifo, replyDir, modulePaths }: OpensipsPlaces,
): string {
  const globals: readonly (readonly [string, string | number])[] = [
    ['udp_workers', settings.workers],
    ...(tcp ? [['tcp_workers', settings.workers] as const] : []),
    ['maxbuffer', settings.maxbufferBytes],
    // The log goes to a file of siptune's, from the first line on.
    ['stderror_enabled', 'yes'],
    ['syslog_enabled', 'no'],
  ];
  let text = globals.reduce(
    (changed, [name, value]) => withParameter(changed, name, value, AUTO_SCALING),
    withoutForeignSockets(own, listen),
  );
  text = text.replace(/^[ \t]*(?:socket|listen)[ \t]*=.*$/gm, (line) =>
    line.replace(/\buse_workers[ \t]+\d+/, `use_workers ${settings.workers}`).replace(AUTO_SCALING, ''),
  );
  const loaded = `${own}\n${included}`;
  const missing = (tcp ? ['proto_tcp', 'mi_fifo'] : ['mi_fifo']).filter((name) => !loadsModule(loaded, name));
  return [
    `${modulePaths.map((path) => `mpath="${path}" `).join('')}${text}`,
    // The last assignment counts: these also win over the files that are included.
    ...globals.map(([name, value]) => `${name}=${value}`),
    ...missing.map((name) => `loadmodule "${name}.so"`),
    `modparam("mi_fifo", "fifo_name", "${fifo}")`,
    `modparam("mi_fifo", "reply_dir", "${replyDir}/")`,
    '',
  ].join('\n');
}
