// A service that does not listen on TCP is no target for a load over TCP.
import { expect, test } from 'vitest';
import { requireTcpListener } from '../../../src/campaign/guards/tcp-listener.ts';
import type { Target } from '../../../src/targets/target.ts';
import { createFakeHost } from '../../support/fake-host.ts';

const listening = (...locals: string[]) =>
  locals.map((local) => `LISTEN 0      1024   ${local}       0.0.0.0:*\n`).join('');

function target(shown: string, managedBy: 'siptune' | 'service' = 'service') {
  const routerHost = createFakeHost({ commands: { 'ss -Htln sport = :5060': shown }, files: {} });
  return {
    router: { managedBy },
    routerHost,
    routerAddress: '192.0.2.10',
    routerPort: 5060,
  } as unknown as Target;
}

test.each(['192.0.2.10:5060', '0.0.0.0:5060', '*:5060', '[::]:5060'])('%s takes calls', async (local) => {
  await expect(requireTcpListener(target(listening('127.0.0.1:5060', local)))).resolves.toBeUndefined();
});

test('elsewhere or nowhere does not, and it is said what to do', async () => {
  for (const shown of ['', listening('192.0.2.1:5060')])
    await expect(requireTcpListener(target(shown))).rejects.toThrow(
      /nothing listens on TCP at 192\.0\.2\.10:5060 .*Give the router a TCP listener/,
    );
});

test('a router that siptune starts will listen', async () => {
  await expect(requireTcpListener(target('', 'siptune'))).resolves.toBeUndefined();
});
