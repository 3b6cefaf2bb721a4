// The test machine on paper: names on the host, addresses of its one link (RFC 2544's range), users.

export const MACHINE = {
  /** Also the name of its control groups. */
  name: 'siptune-test-machine',
  /** Its network namespace, and the one at the other end of its link, from which it is called and logged in to. */
  netns: 'siptune-test-machine',
  outsideNetns: 'siptune-test-outside',

  device: 'eth0',
  outsideDevice: 'to-machine',
  address: '198.18.16.1',
  callerAddress: '198.18.16.2',
  calleeAddress: '198.18.16.3',
  prefixLength: 24,
  sipPort: 5060,
} as const;

/** Who may log in with the key that is made for each machine. */
export const USERS = {
  root: 'root',
  /** sudo -n works. */
  sudoer: 'alice',
  /** sudo asks for a password. */
  askedForPassword: 'bob',
} as const;
