// Which Debian package has a tool that siptune runs, so that a message about a missing one can name it.

const PACKAGE_OF: Readonly<Record<string, string>> = {
  sipp: 'sip-tester',
  kamailio: 'kamailio',
  kamcmd: 'kamailio',
  opensips: 'opensips',
  mpstat: 'sysstat',
  ethtool: 'ethtool',
  ip: 'iproute2',
  tc: 'iproute2',
  ss: 'iproute2',
  sysctl: 'procps',
  kill: 'procps',
  ps: 'procps',
  taskset: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  netperf: 'netperf (component non-free)',
  netserver: 'netperf (component non-free)',
  getconf: 'libc-bin',
  tee: 'coreutils',
};

/** "install Debian's package sip-tester", or what else the user can do. */
export function howToGet(program: string): string {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const debianPackage = program.includes('/') ? undefined : PACKAGE_OF[name];
  return debianPackage === undefined ? 'check its path' : `install Debian's package ${debianPackage}`;
}
