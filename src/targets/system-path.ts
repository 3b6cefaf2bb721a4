// A plain user's PATH does not lead to ip, tc, ethtool or the routers, which stand in the sbin folders of the system.
import type { Host } from './host.ts';

const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The same host, for reading: what it runs is looked for in the system's own folders as well. */
export function withSystemPath(host: Host, path: string | undefined): Host {
  // Another machine's PATH is its own, and the agent there has the folders already.
  if (host.remote) return host;
  const folders = (path ?? '').split(':').filter((folder) => folder !== '');
  const PATH = [...folders, ...SBIN.filter((folder) => !folders.includes(folder))].join(':');
  const extended: Host = {
    ...host,
    get machine() {
      return host.machine === host ? extended : withSystemPath(host.machine, path);
    },
    run: (argv, options = {}) => host.run(argv, { ...options, env: { PATH, ...options.env } }),
    inNetns: (netns) => withSystemPath(host.inNetns(netns), path),
  };
  return extended;
}
