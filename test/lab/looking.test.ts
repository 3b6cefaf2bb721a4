// Who only looks leaves no trace: doctor and plan on the real machine, with everything compared before and after.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LAB_NAMESPACES } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const machine = createLocalHost();
const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const TSX = path('node_modules/tsx/dist/cli.mjs');
const CLI = path('src/cli.ts');
const LAB_SCENARIO = path('scenarios/lab-kamailio.yaml');

/** Files below /proc/sys that change by themselves: counters, random numbers, what the kernel keeps adjusting. */
const VOLATILE = [
  '/proc/sys/fs/dentry-state',
  '/proc/sys/fs/file-nr',
  '/proc/sys/fs/inode-nr',
  '/proc/sys/fs/inode-state',
  '/proc/sys/fs/aio-nr',
  '/proc/sys/fs/quota/syncs',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/kernel/pty/nr',
  '/proc/sys/kernel/random/entropy_avail',
  '/proc/sys/kernel/random/uuid',
  '/proc/sys/net/netfilter/nf_conntrack_count',
];
const LARGEST_FILE_BYTES = 4 * 1024 * 1024;

let results = '';
let staging = '';
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'siptune-looking-'));
  // An address that is nobody's: a campaign over it must be refused.
  staging = join(results, 'elsewhere.yaml');
  const text = readFileSync(path('scenarios/staging.yaml'), 'utf8');
  await writeFile(staging, text.replace(/^contenders:.*$/m, ''));
});
afterAll(() => rm(results, { recursive: true }));

function siptune(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [TSX, CLI, ...args, '--out', results],
      { cwd: results, env: { ...process.env, TSX_DISABLE_CACHE: '1' }, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const name = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(name);
      return entry.isFile() || entry.isSymbolicLink() ? [name] : [];
    })
    .sort();
}

/** What cannot be read (a write-only trigger) has no value to compare. */
function contents(name: string): string {
  try {
    if (statSync(name).size > LARGEST_FILE_BYTES) return `${statSync(name).mtimeMs}`;
    const text = readFileSync(name);
    return text.length > 200 ? createHash('sha256').update(text).digest('hex') : text.toString('latin1');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Kernel threads and the test's own processes come and go; what siptune starts would have its name or a tool's. */
const WATCHED = new Set([
  'node',
  'sipp',
  'kamailio',
  'opensips',
  'netserver',
  'netperf',
  'mpstat',
  'sleep',
  'tc',
  'ip',
]);

function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const comm = readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
        const cwd = readlinkSync(`/proc/${pid}/cwd`);
        return WATCHED.has(comm) && cwd === results ? [`${pid} ${comm}`] : [];
      } catch {
        return [];
      }
    });
}

async function footprint() {
  const said = async (...argv: string[]) => (await machine.run(argv)).stdout;
  const sysctls = filesBelow('/proc/sys').filter((name) => !VOLATILE.includes(name));
  const tree = (folder: string) =>
    Object.fromEntries(filesBelow(folder).map((name) => [name, contents(name)]));
  return {
    sysctls: Object.fromEntries(sysctls.map((name) => [name, contents(name)])),
    etc: tree('/etc'),
    results: tree(results),
    namespaces: await said('ip', 'netns', 'list'),
    networkNamespaces: await said('lsns', '-t', 'net', '-n', '-o', 'NS'),
    links: await said('ip', '-o', 'link', 'show'),
    addresses: await said('ip', '-o', 'addr', 'show'),
    queues: await said('tc', 'qdisc', 'show'),
    routes: await said('ip', 'route', 'show', 'table', 'all'),
    processes: processes(),
  };
}

/** Thousands of files are compared: only those that differ are worth printing. */
function differences(before: object, after: object, at = ''): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [one, other] = [before[name as never], after[name as never]] as readonly unknown[];
    if (one === other) return [];
    return typeof one === 'object' && typeof other === 'object' && one && other
      ? differences(one, other, `${at}${name} `)
      : [`${at}${name}: ${String(one).trim()} → ${String(other).trim()}`];
  });
}

async function leavesNoTrace(...args: readonly string[]) {
  const before = await footprint();
  expect(Object.keys(before.sysctls).length).toBeGreaterThan(500);
  const ended = await siptune(...args);
  expect(differences(before, await footprint())).toEqual([]);
  expect(ended.stderr).not.toContain('siptune has a bug');
  return ended;
}

test('doctor of this machine', async () => {
  const { status, stdout, stderr } = await leavesNoTrace('doctor');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^(A campaign could start|No campaign could start)/);
  expect(status).toBe(stdout.startsWith('A campaign') ? 0 : 3);
});

test('doctor of the lab, which is not up: a campaign could start, and as JSON it says the same', async () => {
  const { status, stdout } = await leavesNoTrace('doctor', LAB_SCENARIO, '--json');
  const diagnosis = JSON.parse(stdout);
  expect(diagnosis).toMatchObject({ schema: 1, scenario: 'lab-kamailio', couldStart: true, root: true });
  expect(diagnosis.findings).toContainEqual(
    expect.objectContaining({ area: 'knobs', level: 'ok', what: 'net.core.netdev_max_backlog' }),
  );
  expect(status).toBe(0);
});

test('plan of the lab, which is not up', async () => {
  const { status, stdout, stderr } = await leavesNoTrace('plan', LAB_SCENARIO);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const rmemMax = readFileSync('/proc/sys/net/core/rmem_max', 'utf8').trim();
  // Host-wide settings are this machine's own.
  expect(stdout).toContain(`/proc/sys/net/core/rmem_max: ${rmemMax} → 10485760`);
  const namespaces = (await machine.run(['ip', 'netns', 'list'])).stdout;
  for (const name of LAB_NAMESPACES) expect(namespaces).not.toContain(name);
});

test('a target that is not this machine’s: both end with status 3 and the reason', async () => {
  const doctor = await leavesNoTrace('doctor', staging);
  expect(doctor.stdout).toMatch(/^No campaign could start over staging.*\n {2}PROBLEM {2}target: refusing/);
  expect(doctor.status).toBe(3);
  const plan = await leavesNoTrace('plan', staging);
  expect(plan.stderr).toMatch(/^refusing to send load: 192\.0\.2\.10/);
  expect(plan).toMatchObject({ status: 3, stdout: '' });
});

test('without root and without any tool on PATH, doctor still answers', async () => {
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const bare = ['/usr/bin/env', '-i', 'PATH=/nonexistent', 'TSX_DISABLE_CACHE=1'];
  const outcome = await machine.run(
    [...asNobody, ...bare, process.execPath, TSX, CLI, 'doctor', '--out', results],
    { timeoutMs: 60_000 },
  );
  // Where the sources are only for root to read, there is nothing that nobody could run.
  if (/EACCES|Cannot find module/.test(outcome.stderr)) return;
  expect(outcome.stderr).toBe('');
  expect(outcome.stdout).toContain('campaign could start');
  expect(outcome.stdout).toMatch(/^ {2}note {5}root: no: /m);
  // Root's results are not for nobody to read: what was not seen is not called fine.
  expect(outcome.stdout).toMatch(/^ {2}note {5}earlier campaigns: .* may not be read$/m);
});
