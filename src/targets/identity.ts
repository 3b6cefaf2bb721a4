// What tells this target from others like it: its name, and digests of its machine ID, of the router's program and of its
// configuration. Digests, for the text itself is nobody's business.
import type { RouterFacts } from '../routers/router.ts';
import type { Target } from './target.ts';

/** One line for each file or program, in order; "absent" where there is none. */
const SCRIPT = `for f in "$@"; do
  case $f in */*) p=$f ;; *) p=$(command -v -- "$f") ;; esac
  if [ -r "$p" ]; then sha256sum < "$p" | cut -c 1-16; else echo absent; fi
done`;

export async function readIdentity(
  { routerHost, facts }: Target,
  { binary }: RouterFacts,
  routerConfig: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const files = Object.entries({
    'the machine ID': '/etc/machine-id',
    "the router's program": binary,
    ...(routerConfig === undefined ? {} : { "the router's configuration": routerConfig }),
  });
  const { stdout } = await routerHost.run(['sh', '-c', SCRIPT, 'sh', ...files.map(([, path]) => path)]);
  const digests = stdout.split('\n');
  return {
    'the host name': facts.hostname,
    ...Object.fromEntries(files.map(([what], index) => [what, digests[index] || 'absent'])),
  };
}
