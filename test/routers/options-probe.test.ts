// Readiness: only a 200 to an OPTIONS counts, and what came instead is told.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startProbe } from '../../src/routers/options-probe.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const PATIENCE_MS = 400;

/** A router that answers each request with the next status; the last one again and again. */
async function probeOf(...answers: string[]) {
  const socket = createSocket('udp4');
  const requests: string[] = [];
  socket.on('message', (data, { port, address }) => {
    requests.push(data.toString('latin1'));
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer) socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const probe = await startProbe(createLocalHost(), '127.0.0.1', socket.address().port, PATIENCE_MS);
  const outcome = await probe.outcome;
  socket.close();
  return { outcome, requests };
}

test('asks again until it is answered 200, with requests that a router accepts', async () => {
  const { outcome, requests } = await probeOf('', 'SIP/2.0 503 Starting\r\n\r\n', 'SIP/2.0 200 OK\r\n\r\n');
  expect(outcome.state).toBe('answered');
  for (const header of ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq'])
    expect(requests[0]).toMatch(new RegExp(`^${header}: \\S`, 'm'));
  const branches = requests.map((request) => /branch=(\S+)/.exec(request)?.[1]);
  expect(new Set(branches).size).toBe(requests.length);
});

test('another answer is told', async () => {
  expect((await probeOf('SIP/2.0 404 Not Here\r\n\r\n')).outcome).toEqual({
    state: 'silent',
    reason: 'answered 404, not 200',
  });
  expect((await probeOf('hello')).outcome).toEqual({
    state: 'silent',
    reason: 'answered something that is not SIP',
  });
});

test('silence is told, and an address that is not of this machine at once', async () => {
  expect((await probeOf('')).outcome).toEqual({ state: 'silent', reason: 'no answer' });
  const elsewhere = await startProbe(createLocalHost(), '192.0.2.1', 5060, 60_000);
  expect(await elsewhere.outcome).toMatchObject({
    state: 'silent',
    reason: expect.stringContaining('EADDRNOTAVAIL'),
  });
});

test('can be given up', async () => {
  const probe = await startProbe(createLocalHost(), '127.0.0.1', 9, 60_000);
  probe.stop();
  expect((await probe.outcome).state).toBe('silent');
});
