// Run by node inside a namespace: sends one request to a router and prints the status line of the first final answer.
// Arguments: router address, router port, method, request-URI, and the address to send from where that is another one.
import { createSocket } from 'node:dgram';

const [address, port, method, uri, ownAddress = address] = process.argv.slice(2);
const socket = createSocket('udp4');
socket.on('message', (data) => {
  const status = data.toString('latin1').split('\r\n')[0];
  if (/^SIP\/2\.0 1/.test(status)) return;
  console.log(status);
  process.exit(0);
});
socket.bind(0, ownAddress, () => {
  const own = `${ownAddress}:${socket.address().port}`;
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${own};branch=z9hG4bK-${process.pid}`,
    'Max-Forwards: 70',
    `From: <sip:tester@${own}>;tag=t`,
    `To: <${uri}>`,
    `Call-ID: ${process.pid}-${Date.now()}@${address}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:tester@${own}>`,
    'Content-Length: 0',
  ];
  socket.send(`${lines.join('\r\n')}\r\n\r\n`, Number(port), address);
});
setTimeout(() => process.exit(1), 3000);
