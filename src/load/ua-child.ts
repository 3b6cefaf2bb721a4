// The phone itself, as a process of its own: sipjs-udp places complete calls at a steady pace and writes each outcome as one
// JSON line on stdout. It ends on SIGTERM (after its open calls) and when its parent is gone.
import SIP, { type MediaHandler, type Session, type UA } from 'sipjs-udp';
import type { PhoneCall, PhoneOrders, PhoneOutcome } from './ua-orders.ts';

/** A call without a final answer by then is lost: sipjs-udp sends nothing again, so there is nothing to wait for. */
const ANSWER_TIMEOUT_MS = 2_000;
const DRAIN_MS = 2_000;
const PARENT_CHECK_MS = 500;
const SDP =
  'v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n';

/** There is no sound: the description is constant, and the other side's is accepted unseen. */
const silentMedia: MediaHandler = {
  isReady: () => true,
  close: () => {},
  render: () => {},
  mute: () => undefined,
  unmute: () => undefined,
  getDescription: () => Promise.resolve(SDP),
  setDescription: () => Promise.resolve(),
};

interface OpenCall {
  readonly session: Session;
  readonly dueAtMs: number;
  sentAtMs: number | undefined;
  settled: boolean;
}

function main(orders: PhoneOrders): void {
  // sipjs-udp prints with console.log in places; stdout belongs to our lines.
  console.log = (...words: unknown[]) => process.stderr.write(`${words.join(' ')}\n`);
  const say = (call: PhoneCall) => process.stdout.write(`${JSON.stringify(call)}\n`);
  const calls = new Map<string, OpenCall>();
  let arrivedAtMs = 0;
  let stopping = false;

  const ua = new SIP.UA({
    uri: `sip:phone@${orders.bindAddress}:${orders.bindPort}`,
    bind: orders.bindAddress,
    register: false,
    doUAS: true,
    log: { builtinEnabled: false, level: 'error' },
    mediaHandlerFactory: Object.assign(() => silentMedia, { isSupported: () => true }),
  });
  guardTransport(ua, calls, () => {
    arrivedAtMs = performance.now();
  });

  const settle = (call: OpenCall, outcome: PhoneOutcome) => {
    if (call.settled) return;
    call.settled = true;
    say({ atMs: Math.round(performance.now()), ...outcome });
  };

  const place = (dueAtMs: number): void => {
    const session = ua.invite(orders.calleeUri, {
      extraHeaders: [`Route: <sip:${orders.routerAddress}:${orders.routerPort};lr>`],
    });
    const call: OpenCall = { session, dueAtMs, sentAtMs: undefined, settled: false };
    calls.set(session.request.call_id, call);
    const timer = setTimeout(() => {
      settle(call, { state: 'failed', reason: 'no answer' });
      calls.delete(session.request.call_id);
    }, ANSWER_TIMEOUT_MS);
    session.on('accepted', () => {
      clearTimeout(timer);
      // From when the call was due, so that a phone that is late itself does not look quick (coordinated omission).
      settle(call, { state: 'completed', setupMs: arrivedAtMs - (call.sentAtMs ?? dueAtMs) });
      setTimeout(() => {
        calls.delete(session.request.call_id);
        session.bye();
      }, orders.holdMs);
    });
    session.on('failed', (response, cause) => {
      clearTimeout(timer);
      settle(call, { state: 'failed', reason: String(response?.status_code ?? cause) });
      calls.delete(session.request.call_id);
    });
  };

  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    const deadlineMs = performance.now() + orders.holdMs + DRAIN_MS;
    // Timers of sipjs-udp live for 32 s, so the process does not end by itself.
    setInterval(() => {
      if (calls.size > 0 && performance.now() < deadlineMs) return;
      process.exit(0);
    }, 20);
  };
  process.on('SIGTERM', stop);
  setInterval(() => {
    if (process.ppid === 1) process.exit(0);
  }, PARENT_CHECK_MS);

  ua.once('connected', () => {
    const startMs = performance.now();
    const intervalMs = 1_000 / orders.rateCps;
    let n = 0;
    const pace = (): void => {
      while (!stopping && performance.now() >= startMs + n * intervalMs) {
        place(startMs + n * intervalMs);
        n += 1;
      }
      if (!stopping) setTimeout(pace, Math.max(1, startMs + n * intervalMs - performance.now()));
    };
    pace();
  });
}

/** Wraps what would otherwise crash the process or hide the times on the wire. */
function guardTransport(ua: UA, calls: Map<string, OpenCall>, arrived: () => void): void {
  const { transport } = ua;
  transport.server.on('error', (error: NodeJS.ErrnoException) => {
    process.stderr.write(`${error.code ?? ''} ${error.message}\n`);
    process.exit(3);
  });
  const { send, onMessage } = transport;
  transport.send = (host, port, message) => {
    const text = message.toString();
    if (text.startsWith('INVITE ')) {
      const call = calls.get(/^Call-ID:\s*(\S+)/im.exec(text)?.[1] ?? '');
      if (call) call.sentAtMs ??= performance.now();
    }
    return send.call(transport, host, port, text);
  };
  transport.onMessage = (event) => {
    arrived();
    try {
      onMessage.call(transport, event);
    } catch (error) {
      // sipjs-udp throws on replies that it cannot parse; a real phone drops them.
      process.stderr.write(`dropped a message: ${String(error)}\n`);
    }
  };
}

main(JSON.parse(process.argv[2] ?? '{}'));
