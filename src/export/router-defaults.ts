// The router's own settings: memory for /etc/default/<router>, workers and buffer for its configuration, and options
// of its command line, for which the packages have no place.
import { allocatorArgv } from '../routers/allocators.ts';
import { type ExportedFile, type Exporter, explained, header, PLAIN_FILE } from './exporter.ts';
import type { Profile, Setting } from './profile.ts';

interface Product {
  /** Shell variables of the package's defaults file. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Global parameters of the configuration. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly configuration: string;
}

const PRODUCTS: Readonly<Record<Profile['router'], Product>> = {
  kamailio: {
    defaults: { 'router.shm': 'SHM_MEMORY', 'router.pkg': 'PKG_MEMORY' },
    parameters: { 'router.workers': 'children', 'router.maxbuffer': 'maxbuffer' },
    configuration: '/etc/kamailio/kamailio.cfg',
  },
  opensips: {
    defaults: { 'router.shm': 'S_MEMORY', 'router.pkg': 'P_MEMORY' },
    parameters: { 'router.workers': 'udp_workers', 'router.maxbuffer': 'maxbuffer' },
    configuration: '/etc/opensips/opensips.cfg',
  },
};

export const routerDefaults: Exporter = {
  format: 'router-defaults',
  summary: 'memory for /etc/default and parameters for the router’s configuration',
  files(profile) {
    const product = PRODUCTS[profile.router];
    const service = profile.router;
    return [
      ...fragment(profile, `${service}.default`, assignments(product.defaults), [
        `Memory of ${service} (MB), found and proven by siptune.`,
        '',
        `Install: put these lines into /etc/default/${service} in place of its own, and restart ${service}.`,
      ]),
      ...fragment(profile, `${service}-globals.cfg`, assignments(product.parameters), [
        `Global parameters of ${service}, found and proven by siptune.`,
        '',
        `Install: put these lines into ${product.configuration} in place of its own, and restart ${service}.`,
      ]),
      ...fragment(profile, `${service}-options.txt`, optionsOf(service), [
        `Command-line options of ${service}, found and proven by siptune.`,
        '',
        `Install: add them to the command that starts ${service} (systemctl edit ${service}: ExecStart=, once empty and`,
        '         then with the whole command) in place of its own, and restart it.',
      ]),
    ];
  },
};

/** How each knob's value is written, by the knob's name. */
type Lines = Readonly<Record<string, (value: string) => string>>;

function assignments(names: Readonly<Record<string, string>>): Lines {
  return Object.fromEntries(
    Object.entries(names).map(([knob, name]) => [knob, (value: string) => `${name}=${value}`]),
  );
}

function optionsOf(router: Profile['router']): Lines {
  return { 'router.allocator': (value) => allocatorArgv(router, value).join(' ') };
}

function fragment(
  profile: Profile,
  path: string,
  lines: Lines,
  what: readonly string[],
): readonly ExportedFile[] {
  const settings = profile.settings.filter(({ knob }) => lines[knob.name] !== undefined);
  if (settings.length === 0) return [];
  const line = ({ knob }: Setting, value: string) => lines[knob.name]?.(value) ?? '';
  return [
    {
      path,
      mode: PLAIN_FILE,
      text: `${header(profile, settings, [
        ...what,
        'Undo:    the values before were',
        ...settings.map((setting) => `           ${line(setting, setting.from)}`),
      ])}\n\n${settings.map((setting) => `${explained(setting)}\n${line(setting, setting.to)}`).join('\n')}\n`,
    },
  ];
}
