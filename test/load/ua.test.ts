// The phone over loopback: its view is a caller's, and none of its library's defects reaches the user.
import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createPhone } from '../../src/load/ua.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

let dir: string;
let server: Socket;
let port: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'siptune-ua-'));
  server = createSocket('udp4');
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  port = server.address().port;
});
afterEach(async () => {
  server.close();
  await rm(dir, { recursive: true });
});

type Answer = (request: string) => readonly string[];

/** A callee in a few lines: echoes what an answer must echo. */
function answerWith(answer: Answer): string[] {
  const methods: string[] = [];
  server.on('message', (data, from) => {
    const request = data.toString('latin1');
    methods.push(request.split(' ')[0] ?? '');
    for (const reply of answer(request)) server.send(reply, from.port, from.address);
  });
  return methods;
}

const SDP =
  'v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6002 RTP/AVP 0\r\n';

function reply(request: string, status: string, body = ''): string {
  const header = (name: string) => new RegExp(`^${name}:.*$`, 'im').exec(request)?.[0].trim() ?? '';
  const to = header('To');
  return [
    `SIP/2.0 ${status}`,
    header('Via'),
    header('From'),
    to.includes('tag=') ? to : `${to};tag=callee`,
    header('Call-ID'),
    header('CSeq'),
    `Contact: <sip:callee@127.0.0.1:${port}>`,
    ...(body ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

const completes: Answer = (request) => {
  if (request.startsWith('INVITE')) return [reply(request, '180 Ringing'), reply(request, '200 OK', SDP)];
  return request.startsWith('BYE') ? [reply(request, '200 OK')] : [];
};

async function phoneCalls(forMs: number, bindPort = 0) {
  const phone = createPhone({
    host: createLocalHost(),
    bindAddress: '127.0.0.1',
    bindPort: bindPort || 20_000 + Math.floor(Math.random() * 10_000),
    routerAddress: '127.0.0.1',
    routerPort: port,
    calleeUri: `sip:callee@127.0.0.1:${port}`,
    rateCps: 10,
    holdMs: 50,
    cpus: '0',
    clock: systemClock,
  });
  await phone.start(dir);
  const pid = phone.pid();
  await systemClock.sleep(forMs);
  return { report: await phone.stop(), pid };
}

test('places complete calls, measures them, and leaves no process', async () => {
  const methods = answerWith(completes);
  const { report, pid } = await phoneCalls(2_000);
  expect(report).toMatchObject({ state: 'reported', failed: 0, failures: {} });
  if (report.state !== 'reported') return;
  expect(report.completed).toBeGreaterThan(3);
  expect(report.setupMs.p50).toBeGreaterThan(0);
  expect(report.setupMs.max).toBeGreaterThanOrEqual(report.setupMs.p50);
  expect(methods.filter((method) => method === 'ACK')).toHaveLength(report.completed);
  expect(methods.filter((method) => method === 'BYE')).toHaveLength(report.completed);
  expect(() => process.kill(pid ?? 0, 0)).toThrow();
});

test('a refusal is a failed call with its status', async () => {
  answerWith((request) => (request.startsWith('INVITE') ? [reply(request, '503 Service Unavailable')] : []));
  const { report } = await phoneCalls(2_500);
  expect(report).toMatchObject({ state: 'reported', completed: 0 });
  if (report.state === 'reported') expect(report.failures['503']).toBe(report.failed);
});

test('silence is a failed call, not a hang', async () => {
  const { report } = await phoneCalls(2_500);
  expect(report).toMatchObject({ state: 'reported', completed: 0 });
  if (report.state === 'reported') expect(report.failures['no answer']).toBeGreaterThan(0);
});

test('malformed replies are survived', async () => {
  answerWith((request) => [
    'SIP/2.0 200\r\n\r\n',
    reply(request, '200 OK', SDP).replace(/^CSeq:.*$/m, 'CSeq: ???'),
    '\u0000\u0001\u0002',
    ...completes(request),
  ]);
  const { report } = await phoneCalls(2_500);
  expect(report).toMatchObject({ state: 'reported', failed: 0 });
});

test('a port in use is said, not thrown', async () => {
  const { report } = await phoneCalls(4_000, port);
  expect(report).toEqual({ state: 'absent', reason: `port ${port} on 127.0.0.1 is in use` });
});

test('nothing but calls reaches its output', async () => {
  answerWith(completes);
  await phoneCalls(2_500);
  const lines = (await readFile(join(dir, 'phone.jsonl'), 'utf8')).trim().split('\n');
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('state');
});
