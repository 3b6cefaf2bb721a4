// The command line of a running router, for settings that it was started with.
import { allocatorNamed } from './allocators.ts';
import type { RouterSettings } from './router.ts';

/** Options of both products that take a value, as far as they matter here. */
export interface RouterOptions {
  readonly config: string | undefined;
  readonly settings: RouterSettings;
}

/** `text` is /proc/PID/cmdline: arguments that end in NUL. Options stand alone (-m 64) or with their value (-m64). */
export function parseCommandLine(text: string): RouterOptions {
  const args = text.split('\0').filter((arg) => arg !== '');
  const valueAfter = (option: string): string | undefined => {
    const index = args.findLastIndex((arg) => arg.startsWith(option));
    const arg = args[index];
    return arg === undefined
      ? undefined
      : arg.length > option.length
        ? arg.slice(option.length)
        : args[index + 1];
  };
  const numbers = {
    workers: Number(valueAfter('-n')),
    maxbufferBytes: Number(valueAfter('-b')),
    shmMib: Number(valueAfter('-m')),
    pkgMib: Number(valueAfter('-M')),
  };
  const allocator =
    allocatorNamed('kamailio', valueAfter('-x')) ??
    allocatorNamed('opensips', valueAfter('-s')) ??
    allocatorNamed('opensips', valueAfter('-a'));
  return {
    config: valueAfter('-f'),
    settings: {
      ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value > 0)),
      ...(allocator === undefined ? {} : { allocator }),
    },
  };
}
