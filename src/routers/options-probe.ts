// Readiness by a real SIP OPTIONS: a router is ready once it answers one with 200, not once its process exists.
import type { Host } from '../targets/host.ts';

export type ProbeOutcome =
  | { readonly state: 'answered'; readonly afterMs: number }
  | { readonly state: 'silent'; readonly reason: string };

export interface Probe {
  readonly outcome: Promise<ProbeOutcome>;
  /** For a router that will not answer any more; harmless after the outcome. */
  stop(): void;
}

/**
 * Sends OPTIONS every 50 ms until one is answered 200 (RFC 3261, 11).
 * Constant text; addresses, port and time reach it as arguments.
 */
const PROBE_SCRIPT = `
const [address, port, timeoutMs, own] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
const start = performance.now();
let last = 'no answer';
const finish = (line, status) => { console.log(line); process.exit(status); };
socket.on('message', (data) => {
  const status = /^SIP\\/2\\.0 (\\d{3})/.exec(data.toString('latin1'));
  if (status && status[1] === '200') finish(String(performance.now() - start), 0);
  last = status ? 'answered ' + status[1] + ', not 200' : 'answered something that is not SIP';
});
socket.on('error', (error) => finish(error.message, 1));
socket.bind(0, own, () => {
  const ownPort = socket.address().port;
  let n = 0;
  const send = () => {
    n += 1;
    const id = process.pid + '-' + n + '-' + Date.now();
    socket.send([
      'OPTIONS sip:' + address + ':' + port + ' SIP/2.0',
      'Via: SIP/2.0/UDP ' + own + ':' + ownPort + ';branch=z9hG4bK' + id,
      'Max-Forwards: 5',
      'From: <sip:siptune@' + own + '>;tag=' + id,
      'To: <sip:' + address + ':' + port + '>',
      'Call-ID: ' + id + '@siptune',
      'CSeq: ' + n + ' OPTIONS',
      'Content-Length: 0', '', ''].join('\\r\\n'), Number(port), address);
  };
  send();
  setInterval(send, 50);
  setTimeout(() => finish(last, 1), Number(timeoutMs));
});`;

/** `host` is where it is sent from, with `ownAddress`: the router's own, or a caller's (another machine need not have node). */
export async function startProbe(
  host: Host,
  address: string,
  port: number,
  timeoutMs: number,
  ownAddress: string = address,
): Promise<Probe> {
  const script = await host.spawn([
    ...[process.execPath, '-e', PROBE_SCRIPT],
    ...[address, String(port), String(timeoutMs), ownAddress],
  ]);
  return {
    outcome: script.exited.then((result) => {
      const line = result.stdout.trim();
      return result.exitCode === 0
        ? { state: 'answered', afterMs: Number(line) }
        : { state: 'silent', reason: line || result.stderr.trim().split('\n')[0] || 'no answer' };
    }),
    stop: () => script.kill('SIGTERM'),
  };
}
