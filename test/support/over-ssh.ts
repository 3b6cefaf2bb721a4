// Tests on this machine as if it were another one: reached over real SSH.
import { afterAll, beforeAll, describe } from 'vitest';
import { createSshHost, type SshHost } from '../../src/targets/ssh/ssh-host.ts';
import { noSshServer, type SshServer, startSshServer } from './ssh-server.ts';

export function overSsh(tests: (machine: () => SshHost) => void): void {
  describe.skipIf(noSshServer)(noSshServer ?? 'over SSH', () => {
    let server: SshServer;
    let host: SshHost;
    beforeAll(async () => {
      server = await startSshServer();
      const { port, configFile } = server;
      host = createSshHost({ user: 'root', name: '127.0.0.1', port, configFile });
      await host.connect();
    });
    afterAll(async () => {
      await host.close();
      await server.stop();
    });
    tests(() => host);
  });
}
