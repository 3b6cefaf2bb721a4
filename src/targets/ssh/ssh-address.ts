// ssh://user@name:port, as a scenario names a machine. User and port are optional: the operator's ssh configuration has
// its word on them, and a name may well be an alias from there.

export interface SshAddress {
  readonly user: string | undefined;
  readonly name: string;
  readonly port: number | undefined;
}

/** No part can begin with "-": ssh would take it for an option. */
const FORM =
  /^ssh:\/\/(?:([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})@)?([A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}(?:%[\w.-]+)?\])(?::(\d{1,5}))?\/?$/;

export function parseSshAddress(text: string): SshAddress | null {
  const match = FORM.exec(text);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (!match?.[2] || port === 0 || (port ?? 0) > 65_535) return null;
  return { user: match[1], name: match[2].replace(/^\[|\]$/g, ''), port };
}

export function showSshAddress({ user, name, port }: SshAddress): string {
  const host = name.includes(':') ? `[${name}]` : name;
  return `ssh://${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
}
