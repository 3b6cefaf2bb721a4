// The real Kamailio of this machine.
import { createLocalHost } from '../../src/targets/local-host.ts';
import { overSsh } from '../support/over-ssh.ts';
import { type RouterSuite, testRouter } from '../support/router-suite.ts';

const { notFound } = await createLocalHost().run(['kamailio', '-v']);

const suite: RouterSuite = {
  kind: 'kamailio',
  absent: notFound ? "not tested: Debian's package kamailio is not installed" : undefined,
  broken: { text: '#!KAMAILIO\ndebug=2\nfrobnicate=3\n', says: /parse error .*line 3/ },
  opinionated: (shipped) =>
    shipped.replace(
      'debug=1\n',
      [
        'debug=1',
        'log_stderror=no',
        'children=5',
        'maxbuffer=300000',
        'shm_mem_size=128',
        'socket_workers=4',
        'listen=udp:192.0.2.7:5060',
        'loadmodule "ctl.so"',
        '',
      ].join('\n'),
    ),
};

testRouter(suite);
overSsh((machine) => testRouter({ ...suite, machine }));
