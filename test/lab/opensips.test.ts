// A real OpenSIPS, where there is one: on PATH, or named by OPENSIPS_BIN (with OPENSIPS_MPATH for its modules).
import { createLocalHost } from '../../src/targets/local-host.ts';
import { overSsh } from '../support/over-ssh.ts';
import { type RouterSuite, testRouter } from '../support/router-suite.ts';

const { notFound } = await createLocalHost().run([process.env.OPENSIPS_BIN ?? 'opensips', '-V']);

const suite: RouterSuite = {
  kind: 'opensips',
  absent: notFound
    ? 'not tested: there is no opensips on PATH, and OPENSIPS_BIN does not name one'
    : undefined,
  broken: { text: 'log_level=2\n\nfrobnicate=3\n', says: /parse error .*:3:/ },
  opinionated: (shipped) =>
    shipped.replace(
      'stderror_enabled=yes\nsyslog_enabled=no\n',
      [
        'stderror_enabled=no',
        'syslog_enabled=yes',
        'auto_scaling_profile = PROFILE scale up to 6 on 70% for 4 cycles within 5 scale down to 2 on 20% for 10 cycles',
        'udp_workers=5 use_auto_scaling_profile PROFILE',
        'maxbuffer=300000',
        'socket=udp:192.0.2.7:5060 use_workers 4',
        'loadmodule "mi_fifo.so"',
        'modparam("mi_fifo", "fifo_name", "/run/operators_fifo")',
        '',
      ].join('\n'),
    ),
};

testRouter(suite);
overSsh((machine) => testRouter({ ...suite, machine }));
