// A copy of the operator's OpenSIPS configuration with siptune's values in it. What the command line cannot set
// (udp_workers in a file wins over -n) is replaced there; the operator's own file is never touched.

export interface ConfigOverrides {
  /** Global parameters: replaced where they stand, put on top where they do not. */
  readonly globals: Readonly<Record<string, string>>;
  /** modparam values, by module and parameter: replaced where they stand, otherwise left out. */
  readonly moduleParameters: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function deriveConfig(text: string, { globals, moduleParameters }: ConfigOverrides): string {
  let derived = text;
  const missing: string[] = [];
  for (const [name, value] of Object.entries(globals)) {
    const line = new RegExp(`^([ \\t]*)${name}[ \\t]*=.*$`, 'gm');
    if (line.test(derived))
      derived = derived.replace(line, (_whole, indent: string) => `${indent}${name}=${value}`);
    else missing.push(`${name}=${value}`);
  }
  for (const [module, parameters] of Object.entries(moduleParameters))
    for (const [parameter, value] of Object.entries(parameters)) {
      const line = new RegExp(
        `modparam\\(\\s*"${module}"\\s*,\\s*"${parameter}"\\s*,\\s*"[^"]*"\\s*\\)`,
        'g',
      );
      derived = derived.replace(line, () => `modparam("${module}", "${parameter}", "${value}")`);
    }
  return missing.length === 0 ? derived : `${missing.join('\n')}\n${derived}`;
}

/** Value of a global parameter, without quotes; the last one counts, as it does for OpenSIPS. */
export function globalParameter(text: string, name: string): string | undefined {
  const values = [...text.matchAll(new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*"?([^"\\s#]+)`, 'gm'))];
  return values.at(-1)?.[1];
}

/** True when a socket= or listen= line of the configuration already names the address. */
export function listensOn(text: string, address: string, port: number): boolean {
  return [...text.matchAll(/^[ \t]*(?:socket|listen)[ \t]*=[ \t]*(.*)$/gm)].some(([, value = '']) =>
    value.includes(`${address}:${port}`),
  );
}
