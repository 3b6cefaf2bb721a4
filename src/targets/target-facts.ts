// What a target is: kernel, CPUs, memory, and the two constants that turn its counters into seconds and bytes.
import { EXIT, UserError } from '../errors.ts';
import type { Host } from './host.ts';
import type { TargetFacts } from './target.ts';

const KIB_PER_MIB = 1024;

export async function readTargetFacts(host: Host): Promise<TargetFacts> {
  const [clockTicksPerS, pageBytes, kernel, hostname, files] = await Promise.all([
    numberFrom(host, ['getconf', 'CLK_TCK']),
    numberFrom(host, ['getconf', 'PAGESIZE']),
    textFrom(host, ['uname', '-r']),
    textFrom(host, ['uname', '-n']),
    host.readFiles(['/proc/cpuinfo', '/proc/meminfo']),
  ]);
  const cpuinfo = files.get('/proc/cpuinfo') ?? '';
  const meminfo = files.get('/proc/meminfo') ?? '';
  const cpus = cpuinfo.match(/^processor\s*:/gm)?.length ?? 0;
  const memoryKib = Number(/^MemTotal:\s*(\d+) kB/m.exec(meminfo)?.[1]);
  if (cpus === 0 || !Number.isFinite(memoryKib))
    throw new UserError(
      `cannot read the CPUs and memory of ${host.label} from /proc/cpuinfo and /proc/meminfo: ` +
        'siptune needs a Linux target with /proc mounted',
      EXIT.unsafe,
    );
  return {
    hostname,
    kernel,
    // ARM names no model in cpuinfo.
    cpuModel: /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1]?.trim() ?? 'unknown',
    cpus,
    memoryMib: Math.floor(memoryKib / KIB_PER_MIB),
    clockTicksPerS,
    pageBytes,
  };
}

async function textFrom(host: Host, argv: readonly string[]): Promise<string> {
  const result = await host.run(argv);
  if (result.exitCode === 0) return result.stdout.trim();
  throw new UserError(
    `${argv.join(' ')} failed on ${host.label}: ${result.stderr.trim() || 'no answer'}`,
    EXIT.unsafe,
  );
}

async function numberFrom(host: Host, argv: readonly string[]): Promise<number> {
  const text = await textFrom(host, argv);
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UserError(`${argv.join(' ')} on ${host.label} gave "${text}", not a number`, EXIT.unsafe);
}
