// Good scenarios of every form, and single faults to put into them, for fuzz.test.ts. Knobs are those of small-catalogue.ts.
import fc from 'fast-check';

// biome-ignore lint/suspicious/noExplicitAny: drafts of YAML, which faults bend as they like
type Draft = any;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);
const address = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((all) => all.join('.'));
const duration = (minMs: number, maxMs: number) =>
  fc.integer({ min: minMs, max: maxMs }).map((ms) => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms} ms`));
const percent = (max: number) => fc.integer({ min: 0, max: max * 10 }).map((tenths) => `${tenths / 10}%`);
const KIB = 1024;
const size = (min: number, max: number) =>
  fc
    .integer({ min: Math.ceil(min / KIB), max: Math.floor(max / KIB) })
    .chain((kib) => fc.constantFrom<string | number>(kib * KIB, `${kib} KiB`, `${kib * KIB}B`, `${kib}kib`));

const lab = fc.oneof(
  fc.constantFrom<Draft>('lab', { lab: null }, { lab: {} }),
  fc.integer({ min: 1, max: 1_000 }).map((rate) => ({ lab: { egress: `${rate} Mbit/s` } })),
);
const host = fc.record({
  host: fc.constant('local'),
  netns: maybe(word),
  address,
  port: maybe(fc.integer({ min: 1, max: 65_535 })),
  device: fc.constantFrom('eth0', 'eth0.100', 'bond0:1', 'wlp2s0'),
  caller: fc.record({ netns: maybe(word), address }),
  callee: fc.record({ netns: maybe(word), address }),
});
const settings = fc.record({
  workers: maybe(fc.integer({ min: 1, max: 64 })),
  maxbuffer: maybe(size(65_536, 64 * KIB * KIB)),
  shm: maybe(fc.oneof(fc.integer({ min: 16, max: 4_096 }), fc.constantFrom('64 MiB', '1GiB'))),
  pkg: maybe(fc.integer({ min: 1, max: 1_024 })),
});
const kind = fc.constantFrom('kamailio', 'opensips');
const started = fc.record({
  kind,
  config: fc.constant('router.cfg'),
  binary: maybe(fc.constant('/bin/sh')),
  settings: maybe(settings),
});
const served = fc.record({
  kind,
  service: fc.record({
    restart: fc.constantFrom<Draft>(
      ['systemctl', 'restart', 'kamailio'],
      ['/opt/my scripts/restart', '$x;`y`'],
    ),
    defaults: fc.constant('/etc/default/kamailio'),
    pidFile: maybe(fc.constant('/run/kamailio.pid')),
  }),
  settings: maybe(settings),
});
const range = <T>(low: fc.Arbitrary<T>, high: fc.Arbitrary<T>) =>
  fc.oneof(
    fc.constant(null),
    fc.record({ min: low, max: high }),
    fc.record({ min: low }),
    fc.record({ max: high }),
  );
const KNOBS = {
  'net.core.rmem_default': range(size(4_096, 212_992), size(4_194_304, 67_108_864)),
  'net.core.rmem_max': range(size(4_096, 212_992), size(4_194_304, 67_108_864)),
  txqueuelen: range(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 2_000, max: 100_000 })),
  'kernel.shmmax': range(fc.constantFrom('32 MiB', '64MiB'), fc.constantFrom('1 GiB', 2 ** 40)),
  'router.workers': range(fc.constantFrom(1, '1'), fc.integer({ min: 2, max: 64 })),
  'router.maxbuffer': range(fc.constantFrom('64 KiB', 65_536), fc.constantFrom('1 MiB', '64 MiB')),
  'router.shm': range(fc.constantFrom(16, '64 MiB'), fc.constantFrom(128, '1 GiB')),
  'router.pkg': range(fc.constantFrom(1, '4 MiB'), fc.constantFrom(8, '1 GiB')),
};
const names = fc.subarray(Object.keys(KNOBS), { minLength: 1 });
const knobs: fc.Arbitrary<Draft> = fc.oneof(
  names,
  fc.record(KNOBS, { requiredKeys: [] }).filter((one) => Object.keys(one).length > 0),
);
const rate = fc.constantFrom<Draft>(10, '900 /s', '1200 cps');
const bounds = { loss: percent(10), p99Setup: duration(1, 32_000) };
const several = fc.oneof(
  fc.record({ minimise: fc.constantFrom<Draft>('loss', 'delay', ['delay', 'loss']), rate, ...bounds }),
  fc.record({ maximise: fc.constantFrom<Draft>(['capacity', 'burst'], ['burst']), ...bounds }),
  fc.record({ maximise: fc.constantFrom('capacity', 'burst'), minimise: fc.constant('delay'), rate }),
);
const one = fc.constantFrom('capacity', 'burst').chain((maximise) =>
  fc.record(
    {
      maximise: fc.constant(maximise),
      guard: fc.oneof(
        fc.constant(null),
        fc.record({ [maximise === 'burst' ? 'capacity' : 'burst']: fc.record({ mayFall: percent(99) }) }),
      ),
      ...bounds,
    },
    { requiredKeys: ['maximise'] },
  ),
);
const objective: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 3, arbitrary: one },
  { weight: 1, arbitrary: several },
);
const load = fc.record(
  {
    flow: fc.constantFrom('invite', 'options', 'register'),
    transport: fc.constantFrom('udp', 'tcp', 'tcp-per-call'),
    base: fc.constantFrom<Draft>(0, 200, '20.5 /s'),
    generators: fc.constantFrom<Draft>('auto', 1, 16, [
      { caller: { address: '198.18.1.1' }, callee: { netns: 'b', address: '198.18.2.1' } },
    ]),
    arrivals: fc.constantFrom<Draft>('even', 'poisson', {
      bursts: { factor: 2.5, every: '1s', for: '400ms' },
    }),
    hold: duration(0, 60_000),
    ua: fc.constantFrom(0, 2, '2 /s', '50 cps'),
    warmup: duration(0, 60_000),
    window: duration(1_000, 300_000),
  },
  { requiredKeys: [] },
);

export const goodScenario: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.oneof(fc.tuple(lab, started), fc.tuple(host, started), fc.tuple(host, served)),
    fc.record(
      {
        name: word,
        load: fc.oneof(load, fc.constant(null)),
        objective,
        knobs,
        contenders: fc.constantFrom<Draft>(null, [], ['profile.yaml'], ['./profile.yaml']),
        budget: duration(180_000, 10_000_000),
        seed: fc.nat(),
      },
      { requiredKeys: ['name', 'objective', 'knobs'] },
    ),
  )
  .map(([[target, router], rest]) => withoutUndefined({ target, router, ...rest }));

export const goodProfile: fc.Arbitrary<Draft> = fc
  .record({
    name: fc.constantFrom('other', 'short queue', 'v2.0_x'),
    why: maybe(fc.constant('because')),
    settings: fc
      .record(
        {
          txqueuelen: fc.integer({ min: 1, max: 100_000 }),
          'net.core.rmem_max': size(4_096, 67_108_864),
          'kernel.shmmax': fc.constantFrom('ram/4', 'RAM/99', '1 GiB'),
          'router.workers': fc.integer({ min: 1, max: 64 }),
        },
        { requiredKeys: [] },
      )
      .filter((one) => Object.keys(one).length > 0),
  })
  .map(withoutUndefined);

interface Fault {
  readonly name: string;
  /** Parts of the scenario that it bends; two faults never bend the same. */
  readonly areas: readonly string[];
  readonly bend: (data: Draft, profile: Draft) => void;
  /** What must be said about it. */
  readonly about: RegExp;
}

const fault = (name: string, areas: string, bend: Fault['bend'], about: RegExp): Fault => ({
  name,
  areas: areas.split(' '),
  bend,
  about,
});
const objectOf = (data: Draft, key: string): Draft => {
  data[key] = { ...(typeof data[key] === 'object' ? data[key] : {}) };
  return data[key];
};
const staging = () => ({
  host: 'local',
  address: '192.0.2.1',
  caller: { address: '192.0.2.2' },
  callee: { address: '192.0.2.3' },
});
const withTarget = (change: (target: Draft) => void) => (data: Draft) => {
  data.target = { device: 'eth0', ...staging() };
  change(data.target);
};
const withContender = (change: (profile: Draft) => void) => (data: Draft, profile: Draft) => {
  data.contenders = ['profile.yaml'];
  change(profile);
};
const AT = (message: string) => new RegExp(`^\\S+:\\d+:\\d+: ${message}`, 'm');

export const FAULTS: readonly Fault[] = [
  fault('no name', 'name', (data) => delete data.name, AT('name: is missing')),
  fault(
    'a path as name',
    'name',
    (data) => (data.name = '../../etc'),
    AT('name: "\\.\\./\\.\\./etc" is not a name'),
  ),
  fault('unknown key', 'top', (data) => (data.objektive = 1), AT('unknown key "objektive"; did you mean')),
  fault(
    'odd target',
    'target',
    (data) => (data.target = 'lap'),
    AT('target: "lap" is not a target.*did you mean "lab"'),
  ),
  fault('no target', 'target', (data) => delete data.target, AT('target: is missing')),
  fault(
    'egress without a unit',
    'target',
    (data) => (data.target = { lab: { egress: 20 } }),
    AT('target.lab.egress: 20 has no unit'),
  ),
  fault(
    'egress out of range',
    'target',
    (data) => (data.target = { lab: { egress: '900 Gbit/s' } }),
    AT('target.lab.egress: .* too much'),
  ),
  fault(
    'host without ssh://',
    'target',
    withTarget((one) => (one.host = 'root@x')),
    AT('target.host: .* is not a host'),
  ),
  fault(
    'address is a name',
    'target',
    withTarget((one) => (one.address = 'router.example')),
    AT('target.address: '),
  ),
  fault(
    'address with a shell in it',
    'target',
    withTarget((one) => (one.caller.address = '1.2.3.4;id')),
    AT('target.caller.address: '),
  ),
  fault(
    'callee missing',
    'target',
    withTarget((one) => delete one.callee),
    AT('target.callee: is missing'),
  ),
  fault(
    'netns that is a path',
    'target',
    withTarget((one) => (one.callee.netns = '../x')),
    AT('target.callee.netns: '),
  ),
  fault(
    'netns that is an option',
    'target',
    withTarget((one) => (one.netns = '-all')),
    AT('target.netns: '),
  ),
  fault(
    'device that is a path',
    'target',
    withTarget((one) => (one.device = '../lo')),
    AT('target.device: '),
  ),
  fault(
    'port',
    'target',
    withTarget((one) => (one.port = 65_536)),
    AT('target.port: '),
  ),
  fault(
    'no device for txqueuelen',
    'target knobs',
    (data) => {
      data.target = staging();
      data.knobs = { 'router.pkg': null, txqueuelen: null };
    },
    AT('txqueuelen belongs to a device'),
  ),
  fault(
    'unknown router',
    'router',
    (data) => (data.router = { kind: 'asterisk', config: 'router.cfg' }),
    AT('router.kind: "asterisk"'),
  ),
  fault('no router', 'router', (data) => (data.router = null), AT('router: is missing')),
  fault(
    'config that is not there',
    'router',
    (data) => (data.router = { kind: 'kamailio', config: './none.cfg' }),
    AT('router.config: there is no file'),
  ),
  fault(
    'config that is a folder',
    'router',
    (data) => (data.router = { kind: 'kamailio', config: '.' }),
    AT('router.config: there is no file'),
  ),
  fault(
    'binary that is not there',
    'router',
    (data) => (data.router = { kind: 'kamailio', config: 'router.cfg', binary: '/none' }),
    AT('router.binary: there is no program'),
  ),
  fault(
    'no config',
    'router',
    (data) => (data.router = { kind: 'opensips' }),
    AT('router.config is missing'),
  ),
  fault(
    'service in the lab',
    'target router',
    (data) => {
      data.target = 'lab';
      data.router = { kind: 'kamailio', service: { restart: ['true'], defaults: '/etc/default/x' } };
    },
    AT('router.service is for a target on a host'),
  ),
  fault(
    'restart as a line',
    'target router',
    (data) => {
      data.target = staging();
      data.router = {
        kind: 'kamailio',
        service: { restart: 'systemctl restart x; id', defaults: '/etc/default/x' },
      };
    },
    AT('router.service.restart: must be a list of words'),
  ),
  fault(
    'defaults that are relative',
    'target router',
    (data) => {
      data.target = staging();
      data.router = { kind: 'kamailio', service: { restart: ['true'], defaults: '../x' } };
    },
    AT('router.service.defaults: '),
  ),
  fault(
    'workers out of bounds',
    'router',
    (data) => (data.router = { kind: 'kamailio', config: 'router.cfg', settings: { workers: 65 } }),
    AT('router.settings.workers: 65 is outside the hard bounds'),
  ),
  fault(
    'workers with a unit',
    'router',
    (data) => (data.router = { kind: 'kamailio', config: 'router.cfg', settings: { workers: '8 MiB' } }),
    AT('router.settings.workers: '),
  ),
  fault(
    'flow',
    'load',
    (data) => (objectOf(data, 'load').flow = 'subscribe'),
    AT('load.flow: "subscribe" is not one of'),
  ),
  fault(
    'window without a unit',
    'load',
    (data) => (objectOf(data, 'load').window = 5),
    AT('load.window: 5 has no unit of time'),
  ),
  fault(
    'hold too long',
    'load',
    (data) => (objectOf(data, 'load').hold = '2h'),
    AT('load.hold: .* too much'),
  ),
  fault('ua in wrong units', 'load', (data) => (objectOf(data, 'load').ua = '2 Mbit/s'), AT('load.ua: ')),
  fault(
    'unknown key of the load',
    'load',
    (data) => (objectOf(data, 'load').windows = '5s'),
    AT('load: unknown key "windows"; did you mean "window"'),
  ),
  fault('load is a list', 'load', (data) => (data.load = ['5s']), AT('load: must be a mapping')),
  fault(
    'nothing to maximise',
    'objective',
    (data) => (data.objective = { loss: '1%' }),
    AT('objective.maximise: is missing'),
  ),
  fault(
    'loss without a unit',
    'objective',
    (data) => (objectOf(data, 'objective').loss = 0.1),
    AT('objective.loss: 0.1 has no unit'),
  ),
  fault(
    'loss out of range',
    'objective',
    (data) => (objectOf(data, 'objective').loss = '11%'),
    AT('objective.loss: '),
  ),
  fault(
    'guard of what is maximised',
    'objective',
    (data) => (data.objective = { maximise: 'burst', guard: { burst: { mayFall: '5%' } } }),
    AT('objective.guard: "burst" is what is maximised'),
  ),
  fault(
    'guard without its bound',
    'objective',
    (data) => (data.objective = { maximise: 'burst', guard: { capacity: {} } }),
    AT('objective.guard.capacity.mayFall: '),
  ),
  fault(
    'setup delay',
    'objective',
    (data) => (objectOf(data, 'objective').p99Setup = '1m'),
    AT('objective.p99Setup: '),
  ),
  fault(
    'unknown knob',
    'knobs',
    (data) => (data.knobs = ['rmem_max']),
    AT('knobs\\[0\\]: "rmem_max" is not a knob.*did you mean "net.core.rmem_max"'),
  ),
  fault(
    'forbidden knob',
    'knobs',
    (data) => (data.knobs = { 'kernel.core_pattern': { min: 1, max: 2 } }),
    AT('knobs: "kernel.core_pattern" is not a knob'),
  ),
  fault(
    'derived knob',
    'knobs',
    (data) => (data.knobs = ['router.pkg', 'kernel.shmall']),
    AT('knobs\\[1\\]: kernel.shmall is not set by itself'),
  ),
  fault(
    'knob twice',
    'knobs',
    (data) => (data.knobs = ['router.pkg', 'router.pkg']),
    AT('knobs\\[1\\]: "router.pkg" is listed twice'),
  ),
  fault(
    'min above max',
    'knobs',
    (data) => (data.knobs = { 'router.shm': { min: '512 MiB', max: 64 } }),
    AT('knobs.router.shm.min: min 512 MiB is above max 64 MiB'),
  ),
  fault(
    'min is max',
    'knobs',
    (data) => (data.knobs = { 'router.pkg': { min: 8, max: '8 MiB' } }),
    AT('knobs.router.pkg.min: .* there is nothing to search'),
  ),
  fault(
    'below the bounds',
    'knobs',
    (data) => (data.knobs = { 'net.core.rmem_max': { min: '1 KiB' } }),
    AT('knobs.net.core.rmem_max.min: "1 KiB" is outside the hard bounds'),
  ),
  fault(
    'range in wrong units',
    'knobs',
    (data) => (data.knobs = { txqueuelen: { max: '8 MiB' } }),
    AT('knobs.txqueuelen.max: '),
  ),
  fault(
    'range with a third edge',
    'knobs',
    (data) => (data.knobs = { 'router.pkg': { min: 4, step: 2 } }),
    AT('knobs.router.pkg: unknown key "step"'),
  ),
  fault(
    'range is a list',
    'knobs',
    (data) => (data.knobs = { 'router.pkg': [4, 8] }),
    AT('knobs.router.pkg: a list is not a range'),
  ),
  fault('no knobs', 'knobs', (data) => (data.knobs = []), AT('knobs: a list has no knob in it')),
  fault(
    'no such profile',
    'contenders',
    (data) => (data.contenders = ['nosuch']),
    AT('contenders\\[0\\]: there is no profile "nosuch"'),
  ),
  fault(
    'profile that is a folder',
    'contenders',
    (data) => (data.contenders = ['./']),
    AT('the file is a directory'),
  ),
  fault(
    'profile twice',
    'contenders',
    (data) => (data.contenders = ['profile.yaml', './profile.yaml']),
    AT('contenders\\[1\\]: a profile named'),
  ),
  fault(
    'profiles as text',
    'contenders',
    (data) => (data.contenders = 'article'),
    AT('contenders: must be a list'),
  ),
  fault(
    'knob of a profile',
    'contenders',
    withContender((one) => (one.settings = { 'kernel.modprobe': 1 })),
    AT('settings: "kernel.modprobe" is not a knob'),
  ),
  fault(
    'value of a profile',
    'contenders',
    withContender((one) => (one.settings = { txqueuelen: 'ram/4' })),
    AT('settings.txqueuelen: '),
  ),
  fault(
    'share that is everything',
    'contenders',
    withContender((one) => (one.settings = { 'kernel.shmmax': 'ram/0' })),
    AT('settings.kernel.shmmax: '),
  ),
  fault(
    'name of a profile',
    'contenders',
    withContender((one) => (one.name = 'current')),
    AT('name: "current" is what the router has today'),
  ),
  fault(
    'profile without settings',
    'contenders',
    withContender((one) => delete one.settings),
    AT('settings: must be a mapping'),
  ),
  fault(
    'budget too short',
    'budget',
    (data) => (data.budget = '30s'),
    AT('budget: "30s" is too little: at least 3m'),
  ),
  fault(
    'budget without a unit',
    'budget',
    (data) => (data.budget = 420),
    AT('budget: 420 has no unit of time'),
  ),
  fault(
    'budget in parts',
    'budget',
    (data) => (data.budget = '30m1h'),
    AT('budget: "30m1h" is not a duration'),
  ),
  fault('seed', 'seed', (data) => (data.seed = -1), AT('seed: -1 is not a whole number from 0')),
  fault('seed of the future', 'seed', (data) => (data.seed = 2 ** 63), AT('seed: ')),
];

export const withFaults = fc
  .tuple(goodScenario, goodProfile, fc.shuffledSubarray([...FAULTS], { minLength: 1, maxLength: 3 }))
  .map(([good, goodOne, wanted]) => {
    const data = structuredClone(good);
    const profile = structuredClone(goodOne);
    const faults: Fault[] = [];
    for (const one of wanted) {
      const taken = new Set(faults.flatMap(({ areas }) => areas));
      if (one.areas.some((area) => taken.has(area))) continue;
      faults.push(one);
      one.bend(data, profile);
    }
    return { data, profile, faults };
  });

function withoutUndefined(value: Draft): Draft {
  return JSON.parse(JSON.stringify(value));
}
