// What ssh(1) and sudo(8) say when they cannot reach the target as root, in words that tell the operator what to do.
import { EXIT, UserError } from '../../errors.ts';

interface Meaning {
  readonly pattern: RegExp;
  readonly what: string;
  readonly todo: (destination: string) => string;
}

/** The first that fits counts; `destination` is what the operator would give to ssh. */
const MEANINGS: readonly Meaning[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .*has changed/i,
    what: 'its host key is not the one in known_hosts',
    todo: (to) =>
      `if the machine was installed anew, remove the old key (ssh-keygen -R) and log in once (ssh ${to}) to take the new one; otherwise somebody stands in between`,
  },
  {
    pattern: /host key is known for|Host key verification failed/i,
    what: 'its host key is unknown here',
    todo: (to) => `log in once by hand (ssh ${to}) and compare the fingerprint, as the user who runs siptune`,
  },
  {
    pattern: /Permission denied|Too many authentication failures|no mutual signature/i,
    what: 'it accepts none of the keys that this user can offer without being asked',
    todo: (to) =>
      `add a key to an agent or to ~/.ssh, and to the target's authorized_keys, until "ssh -o BatchMode=yes ${to} true" works; siptune never asks for a password`,
  },
  {
    pattern: /Could not resolve hostname|Name or service not known/i,
    what: 'its name cannot be resolved',
    todo: () =>
      "check the host in the scenario, or give the machine a Host entry in this user's ssh configuration",
  },
  {
    pattern: /Connection refused/i,
    what: 'nothing listens on its SSH port',
    todo: () => 'check the port in the scenario, and that sshd runs there',
  },
  {
    pattern: /timed out|No route to host|Network is unreachable|not responding/i,
    what: 'it does not answer',
    todo: () => 'check the address, the network and firewalls in between',
  },
  {
    pattern: /a password is required|a terminal is required|must have a tty/i,
    what: 'sudo asks for a password there',
    todo: () =>
      'allow this user to run commands without one (NOPASSWD in sudoers; "sudo -n true" must work), or give root in the scenario',
  },
  {
    pattern: /not in the sudoers file|is not allowed to/i,
    what: 'sudo does not let this user become root there',
    todo: () => 'add the user to sudoers with NOPASSWD, or give root in the scenario',
  },
  {
    pattern: /sudo: (?:command )?not found|not found.*sudo|sudo: No such file/i,
    what: 'the user is not root there, and sudo is not installed',
    todo: () => 'install sudo and allow this user to use it without a password, or give root in the scenario',
  },
];

/** `said` is the error output of ssh; none of it can hold a secret, because BatchMode never takes one. */
export function connectionError(label: string, destination: string, said: string): UserError {
  const meaning = MEANINGS.find(({ pattern }) => pattern.test(said));
  const seen = lastLine(said) || 'ssh said nothing';
  return new UserError(
    meaning
      ? `cannot work on ${label}: ${meaning.what} (${seen}); ${meaning.todo(destination)}`
      : `cannot work on ${label}: ${seen}; "ssh ${destination} true" must work without questions`,
    EXIT.unsafe,
  );
}

export function connectionLost(label: string, said: string): UserError {
  const seen = lastLine(said);
  return new UserError(
    `the connection to ${label} was lost${seen ? ` (${seen})` : ''}: check the network and the machine, then run "siptune restore"`,
    EXIT.unsafe,
  );
}

/** The line that tells most: the last one that is not ssh's decoration. */
function lastLine(said: string): string {
  const lines = said
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^@+/.test(line));
  return (
    [...lines].reverse().find((line) => /key|denied|refused|resolve|timed|sudo/i.test(line)) ??
    lines.at(-1) ??
    ''
  );
}
