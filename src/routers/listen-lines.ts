// Where a configuration listens (`listen=`, OpenSIPS also `socket=`), and what becomes of that on another machine: in the
// lab the addresses of the operator's own network do not exist, and a router that cannot bind one of them does not start.
import type { ListenAddress } from './udp-socket.ts';

const LINE = /^([ \t]*(?:socket|listen)[ \t]*=[ \t]*)((?!\{)\S.*)$/gm;

/** True when the configuration itself listens at the address by UDP, or at any address with that port. */
export function listensOn(text: string, { address, port }: ListenAddress): boolean {
  return [...text.matchAll(LINE)].some(([, , value = '']) => {
    const [, proto, host, given] = /^"?(?:(\w+):)?(\*|[\d.]+)(?::(\d+))?/.exec(value) ?? [];
    return (
      (proto ?? 'udp').toLowerCase() === 'udp' &&
      [address, '0.0.0.0', '*'].includes(host ?? '') &&
      Number(given ?? 5060) === port
    );
  });
}

/** A configuration of the address is left alone; in any other one the sockets are commented out. */
export function withoutForeignSockets(text: string, listen: ListenAddress): string {
  return listensOn(text, listen) ? text : text.replace(LINE, (line) => `# not in this test: ${line.trim()}`);
}
