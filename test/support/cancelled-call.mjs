// Run by node inside a namespace: a caller that gives up while the phone rings. Prints what both ends received, as JSON.
// Arguments: router address, router port.
import { createSocket } from 'node:dgram';

const [address, routerPort] = process.argv.slice(2);
const CALLER_PORT = 5061;
const CALLEE_PORT = 5070;
const seen = { caller: [], callee: [] };
const [caller, callee] = [createSocket('udp4'), createSocket('udp4')];

const target = `sip:bench@${address}:${CALLEE_PORT}`;
const request = (method, to) =>
  [
    `${method} ${target} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${CALLER_PORT};branch=z9hG4bK-cancelled`,
    'Max-Forwards: 70',
    `From: <sip:caller@${address}:${CALLER_PORT}>;tag=caller`,
    `To: <${target}>${to}`,
    'Call-ID: cancelled-call',
    `CSeq: 1 ${method}`,
    `Contact: <sip:caller@${address}:${CALLER_PORT}>`,
    'Content-Length: 0',
  ].join('\r\n');
const send = (socket, text, port) => socket.send(`${text}\r\n\r\n`, port, address);

caller.on('message', (data) => {
  const text = data.toString('latin1');
  const summary = `${text.slice(8, 11)} ${/^CSeq: \d+ (\w+)/m.exec(text)?.[1]}`;
  seen.caller.push(summary);
  if (summary === '180 INVITE') send(caller, request('CANCEL', ''), Number(routerPort));
  if (summary === '487 INVITE') send(caller, request('ACK', ';tag=callee'), Number(routerPort));
});

const answer = (invite, status) => {
  const copied = invite.match(/^(?:Via|Record-Route|From|Call-ID|CSeq): .*$/gim) ?? [];
  const to = `${/^To: .*$/im.exec(invite)?.[0]};tag=callee`;
  return [
    `SIP/2.0 ${status}`,
    ...copied.map((line) => line.trim()),
    to.replace('\r', ''),
    'Content-Length: 0',
  ].join('\r\n');
};
let invite = '';
callee.on('message', (data, { port }) => {
  const text = data.toString('latin1');
  const method = text.split(' ')[0];
  seen.callee.push(method);
  if (method === 'INVITE') {
    invite = text;
    send(callee, answer(text, '180 Ringing'), port);
  }
  if (method === 'CANCEL') {
    send(callee, answer(text, '200 OK'), port);
    send(callee, answer(invite, '487 Request Terminated'), port);
  }
});

callee.bind(CALLEE_PORT, address, () =>
  caller.bind(CALLER_PORT, address, () => send(caller, request('INVITE', ''), Number(routerPort))),
);
setTimeout(() => {
  console.log(JSON.stringify(seen));
  process.exit(0);
}, 700);
