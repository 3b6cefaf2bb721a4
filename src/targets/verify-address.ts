// Load goes only to addresses that the target says are its own, over routes that lead there and nowhere else. No flag turns
// this off. Each machine says it of itself, through the connection by which siptune works on it, in one command; no name is
// ever resolved.
import { isIPv4 } from 'node:net';
import { EXIT, UserError } from '../errors.ts';
import type { Host } from './host.ts';
import type { GeneratorPair, Target } from './target.ts';

export type LoadPath = Pick<Target, 'routerHost' | 'routerAddress' | 'caller' | 'callee' | 'pairs'>;

interface Place {
  readonly who: 'router' | 'caller' | 'callee';
  readonly host: Host;
  readonly address: string;
}

interface Route {
  readonly dst?: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
}

type Answer =
  | { readonly state: 'read'; readonly rows: readonly object[] }
  | { readonly state: 'failed'; readonly reason: string };

type Way = readonly [from: Place, to: Place];
const SILENCE: Answer = { state: 'failed', reason: 'no answer' };

/** Each question is three arguments: namespace, own address, the other's address; without addresses: which are there. */
const SCRIPT = `inside() { netns=$1; shift; if [ -n "$netns" ]; then ip -n "$netns" -j "$@"; else ip -j "$@"; fi; }
while [ $# -gt 0 ]; do
  if [ -n "$3" ]; then answer=$(inside "$1" route get fibmatch "$3" from "$2" 2>&1)
  else answer=$(inside "$1" -4 addr show 2>&1); fi
  if [ $? -eq 0 ]; then printf '+%s\\n' "$answer"; else printf -- '-%s\\n' "$(printf '%s' "$answer" | head -n 1)"; fi
  shift 3
done`;

/** A shorter prefix is a default route in parts, as VPNs set it (0.0.0.0/1 and 128.0.0.0/1). */
const SHORTEST_PREFIX = 8;

/**
 * Throws unless router, caller and callee have their addresses, and load between them stays on routes that are made for it.
 * Cheap enough to be asked before each trial: an address may move while a campaign runs.
 */
export async function verifyLoadPath(path: LoadPath): Promise<void> {
  const router: Place = { who: 'router', host: path.routerHost, address: path.routerAddress };
  // The ends of the target itself as well: a phone calls from there.
  const generators = placesOf([...(path.pairs ?? []), path]);
  const places = [router, ...generators];
  const ways = generators.flatMap((place): readonly Way[] => [
    [place, router],
    [router, place],
  ]);
  for (const place of places) requireIpv4(place);

  const [addresses, routes] = [new Map<Place, Answer>(), new Map<Way, Answer>()];
  // Generators may run on another machine than the router.
  const machines = new Map(places.map(({ host }) => [host.machine.label, host.machine]));
  await Promise.all(
    [...machines].map(async ([label, machine]) => {
      const own = places.filter(({ host }) => host.machine.label === label);
      const outward = ways.filter(([{ host }]) => host.machine.label === label);
      const answers = await ask(machine, [
        ...own.map(({ host }) => [host.netns ?? '', '', '']),
        ...outward.map(([a, b]) => [a.host.netns ?? '', a.address, b.address]),
      ]);
      for (const [index, place] of own.entries()) addresses.set(place, answers[index] ?? SILENCE);
      for (const [index, way] of outward.entries()) routes.set(way, answers[own.length + index] ?? SILENCE);
    }),
  );
  for (const place of places) requireAddress(place, addresses.get(place) ?? SILENCE);
  for (const way of ways) requireRoute(...way, routes.get(way) ?? SILENCE);
}

/** Each once: pairs differ in their ports, and mostly in nothing else. */
function placesOf(pairs: readonly GeneratorPair[]): readonly Place[] {
  const all = pairs.flatMap(({ caller, callee }): readonly Place[] => [
    { who: 'caller', ...caller },
    { who: 'callee', ...callee },
  ]);
  return [
    ...new Map(all.map((place) => [`${place.who} ${place.host.label} ${place.address}`, place])).values(),
  ];
}

async function ask(machine: Host, questions: readonly (readonly string[])[]): Promise<readonly Answer[]> {
  const { stdout } = await machine.run(['sh', '-c', SCRIPT, 'sh', ...questions.flat()]);
  return stdout.split('\n').map(answerIn);
}

function requireIpv4({ who, address }: Place): void {
  if (isIPv4(address)) return;
  throw refusal(
    `${address} (${who}) is not an IPv4 address. A name may resolve to another machine tomorrow, and IPv6 is not supported yet: ` +
      `give the address as "ip -4 addr" shows it there`,
  );
}

function requireAddress({ who, host, address }: Place, answer: Answer): void {
  const addresses = answer.state === 'read' ? addressesIn(answer.rows) : [];
  if (addresses.includes(address)) return;
  const seen = answer.state === 'failed' ? answer.reason : `it has ${addresses.join(', ') || 'none'}`;
  throw refusal(
    `${address} is not an address of ${host.label} (${seen}). Give the ${who}'s own address, as "ip -4 addr" shows it there`,
  );
}

function requireRoute(from: Place, to: Place, answer: Answer): void {
  const way = `from the ${from.who} (${from.address}, ${from.host.label}) to the ${to.who} (${to.address})`;
  if (answer.state === 'failed') throw refusal(`there is no route ${way}: ${answer.reason}`);
  const route: Route = answer.rows[0] ?? {};
  const shown = [route.dst, route.gateway && `via ${route.gateway}`, route.dev && `dev ${route.dev}`];
  const text = shown.filter(Boolean).join(' ');
  const type = route.type ?? 'unicast';
  if (type === 'local') {
    if (from.host.label === to.host.label) return;
    throw refusal(
      `${to.address} (${to.who}) is an address of ${from.host.label} as well, so nothing sent ${way} would get there. ` +
        'Give each its own address',
    );
  }
  if (type !== 'unicast') throw refusal(`the route ${way} is of type ${type} (${text})`);
  if (prefixLength(route.dst) >= SHORTEST_PREFIX) return;
  throw refusal(
    `the route ${way} is a default route (${text}): calls could leave for other people's networks. ` +
      `Give it a route of its own: ip ${from.host.netns === undefined ? '' : `-n ${from.host.netns} `}route add ${to.address}/32 …`,
  );
}

function refusal(message: string): UserError {
  return new UserError(`refusing to send load: ${message}`, EXIT.unsafe);
}

function answerIn(line: string): Answer {
  if (!line.startsWith('+')) return { state: 'failed', reason: line.slice(1) || 'no answer' };
  try {
    const rows: unknown = JSON.parse(line.slice(1));
    if (Array.isArray(rows)) return { state: 'read', rows };
  } catch {
    // ip(8) before 4.13 has no JSON for routes.
  }
  return { state: 'failed', reason: `ip(8) gave no JSON: ${line.slice(1, 80)}` };
}

function addressesIn(links: readonly { addr_info?: readonly { local?: string }[] }[]): readonly string[] {
  return links.flatMap((link) => (link.addr_info ?? []).flatMap(({ local }) => (local ? [local] : [])));
}

/** "default", "0.0.0.0/1", "198.18.1.0/24"; a single address has no length. */
function prefixLength(dst: string | undefined): number {
  if (dst === undefined || dst === 'default') return 0;
  const [, length] = dst.split('/');
  return length === undefined ? 32 : Number(length);
}
