// Copies of an operator's configuration: siptune's settings win in them, and nothing else differs.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settingsInConfig } from '../../src/routers/config-settings.ts';
import { globalParameter, loadsModule, withParameter } from '../../src/routers/config-text.ts';
import { deriveKamailioConfig } from '../../src/routers/kamailio-config.ts';
import { listensOn, withoutForeignSockets } from '../../src/routers/listen-lines.ts';
import { deriveOpensipsConfig } from '../../src/routers/opensips-config.ts';

const LISTEN = { address: '198.18.0.1', port: 5060 };
const SETTINGS = { workers: 2, maxbufferBytes: 8_388_608, shmMib: 256, pkgMib: 16, allocator: 'fm' };
const file = (own: string, included = '') => ({ path: '/etc/router.cfg', own, included });

describe('one parameter', () => {
  test('the last assignment counts, a commented one does not', () => {
    const text = 'children=4\n  children = 6 # not 8\n#children=12\n';
    expect(globalParameter(text, 'children')).toBe('6');
    expect(globalParameter(text, 'tcp_children')).toBeUndefined();
    expect(globalParameter('mpath="/usr/lib/opensips/modules/"\n', 'mpath')).toBe(
      '/usr/lib/opensips/modules/',
    );
  });

  test('only the value changes', () => {
    const text = 'a=1\n\tchildren = "4" # why\r\nb=2';
    expect(withParameter(text, 'children', 9)).toBe('a=1\n\tchildren = 9 # why\r\nb=2');
    expect(withParameter(text, 'tcp_children', 9)).toBe(text);
  });

  test('modules are known by name, with or without their folder and ending', () => {
    const text = 'loadmodule "tm"\n  loadmodule "/usr/lib/kamailio/modules/ctl.so"\n# loadmodule "kex.so"\n';
    expect(['tm', 'ctl', 'kex', 'tmx'].map((name) => loadsModule(text, name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('where it listens', () => {
  test.each([
    ['listen=udp:198.18.0.1:5060', true],
    ['socket = udp:198.18.0.1 use_workers 3', true],
    ['listen=198.18.0.1:5060 advertise 192.0.2.1:5060', true],
    ['socket=udp:*:5060', true],
    ['listen=udp:0.0.0.0:5060', true],
    ['listen=tcp:198.18.0.1:5060', false],
    ['socket=udp:198.18.0.1:5080', false],
    ['socket=udp:198.18.0.10:5060', false],
    ['#listen=udp:198.18.0.1:5060', false],
    ['listen=udp:eth0:5060', false],
  ])('%s', (line, ours) => {
    expect(listensOn(`a=1\n${line}\nb=2\n`, LISTEN)).toBe(ours);
  });

  test('sockets of another machine are put aside, all of them; those of this one stay, all of them', () => {
    const foreign = 'listen=udp:192.0.2.1:5060\nlisten=tcp:192.0.2.1:5060\nroute{}\n';
    expect(withoutForeignSockets(foreign, LISTEN)).toBe(
      '# not in this test: listen=udp:192.0.2.1:5060\n# not in this test: listen=tcp:192.0.2.1:5060\nroute{}\n',
    );
    const own = `listen=udp:198.18.0.1:5060\n${foreign}`;
    expect(withoutForeignSockets(own, LISTEN)).toBe(own);
    const block = 'socket = {\n  bind = udp:192.0.2.1:5060;\n}\n';
    expect(withoutForeignSockets(block, LISTEN)).toBe(block);
  });
});

describe('Kamailio', () => {
  const derive = (own: string, included?: string, tcp?: boolean) =>
    deriveKamailioConfig(file(own, included), SETTINGS, LISTEN, '/run/x.ctl', tcp);

  test('a file that the command line wins over is taken as it is', () => {
    const text = '#!KAMAILIO\nchildren=4\nmaxbuffer=300000\nloadmodule "tm.so"\n';
    expect(derive(text)).toEqual({
      text,
      argv: ['--loadmodule=kex.so', '--loadmodule=ctl.so', '--modparam=ctl:binrpc:s:unix:/run/x.ctl'],
    });
  });

  test('what wins over the command line is changed on its line', () => {
    const own = '#!KAMAILIO\nshm_mem_size = 128 # MB\nsocket_workers=5\nlisten=udp:198.18.0.1:5060\n';
    expect(derive(own).text).toBe(
      '#!KAMAILIO\nshm_mem_size = 256 # MB\nsocket_workers=2\nlisten=udp:198.18.0.1:5060\n',
    );
  });

  test('a control module that is loaded, also by an included file, is only given our socket', () => {
    const own = '#!KAMAILIO\ninclude_file "modules.cfg"\n';
    expect(derive(own, 'loadmodule "ctl.so"\nloadmodule "kex.so"\n')).toEqual({
      text: `${own}\nmodparam("ctl", "binrpc", "unix:/run/x.ctl")\n`,
      argv: [],
    });
  });

  test('for a load over TCP it listens there as well, with as many workers, also where the file has it switched off', () => {
    const own = '#!KAMAILIO\ndisable_tcp=yes # UDP only\n';
    expect(derive(own).text).toBe(own);
    const { text, argv } = derive(own, '', true);
    expect(text).toBe('#!KAMAILIO\ndisable_tcp=no # UDP only\n');
    expect(argv).toEqual(expect.arrayContaining(['tcp:198.18.0.1:5060', '-N', '2']));
    expect(derive(own).argv.join()).not.toContain('tcp:');
  });
});

describe('OpenSIPS', () => {
  const places = { listen: LISTEN, fifo: '/w/fifo', replyDir: '/w', modulePaths: [] };
  const derive = (own: string, included = '', more = {}) =>
    deriveOpensipsConfig(file(own, included), SETTINGS, { ...places, ...more });
  const ours = [
    'udp_workers=2',
    'maxbuffer=8388608',
    'stderror_enabled=yes',
    'syslog_enabled=no',
    'loadmodule "mi_fifo.so"',
    'modparam("mi_fifo", "fifo_name", "/w/fifo")',
    'modparam("mi_fifo", "reply_dir", "/w/")',
    '',
  ];

  test('what it does not set itself comes after it, byte for byte', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('', '# udp_workers=3', 'route { exit; }', '\tlog_level=2 ', 'x="socket=1"'))
          .map((lines) => lines.join('\n')),
        (own) => {
          expect(derive(own)).toBe(`${own}\n${ours.join('\n')}`);
        },
      ),
    );
  });

  test('its own settings are changed where they stand, and lines keep their numbers', () => {
    const own = [
      'stderror_enabled=no',
      'syslog_enabled=yes # for the operator',
      'udp_workers=4 use_auto_scaling_profile BUSY',
      'socket=udp:198.18.0.1:5060 use_workers 6 use_auto_scaling_profile BUSY tag main',
      'loadmodule "mi_fifo.so"',
      'route { exit; }',
    ];
    const derived = derive(own.join('\n')).split('\n');
    expect(derived.slice(0, own.length)).toEqual([
      'stderror_enabled=yes',
      'syslog_enabled=no # for the operator',
      'udp_workers=2',
      'socket=udp:198.18.0.1:5060 use_workers 2 tag main',
      'loadmodule "mi_fifo.so"',
      'route { exit; }',
    ]);
    // Loaded twice, OpenSIPS would not start.
    expect(derived.slice(own.length)).toEqual(ours.filter((line) => !line.startsWith('loadmodule')));
  });

  test('for a load over TCP it has the protocol, loaded once, and as many workers', () => {
    const added = (own: string) => derive(own, '', { tcp: true }).split('\n').slice(own.split('\n').length);
    expect(added('# empty')).toEqual(expect.arrayContaining(['tcp_workers=2', 'loadmodule "proto_tcp.so"']));
    expect(added('loadmodule "proto_tcp.so"')).not.toContain('loadmodule "proto_tcp.so"');
    expect(derive('# empty')).not.toContain('tcp');
  });

  test('modules are looked for in our folders first, without a new line', () => {
    const derived = derive('# first line\nmpath="/b/"\n', '', { modulePaths: ['/a/'] });
    expect(derived.split('\n').slice(0, 2)).toEqual(['mpath="/a/" # first line', 'mpath="/b/"']);
  });
});

test('today’s settings are those of the file; of a socket of its own, those of the socket', () => {
  expect(settingsInConfig('children=4\nmaxbuffer=300000\nshm_mem=96\n', 'kamailio', LISTEN)).toEqual({
    workers: 4,
    maxbufferBytes: 300_000,
    shmMib: 96,
  });
  const socket = 'socket=udp:198.18.0.1:5060 use_workers 3\nudp_workers=6\n';
  expect(settingsInConfig(socket, 'opensips', LISTEN)).toEqual({ workers: 3 });
  expect(settingsInConfig(socket, 'opensips', { ...LISTEN, port: 5080 })).toEqual({ workers: 6 });
  expect(settingsInConfig('udp_workers=many\n', 'opensips', LISTEN)).toEqual({});
  // For a load over TCP the workers of connections count, where they are set apart.
  const both = 'children=4\ntcp_children=6\n';
  expect(settingsInConfig(both, 'kamailio', LISTEN, true)).toEqual({ workers: 6 });
  expect(settingsInConfig(both, 'kamailio', LISTEN)).toEqual({ workers: 4 });
  expect(settingsInConfig('children=4\n', 'kamailio', LISTEN, true)).toEqual({ workers: 4 });
});
