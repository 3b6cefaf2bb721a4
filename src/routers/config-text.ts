// Global parameters in the text of a router's configuration, which both products write as `name = value` on a line.
// Line by line is enough: what stands in a comment is not found, and what is changed stays on its line.

/** The last value counts, as it does for the routers; without quotes. */
export function globalParameter(text: string, name: string): string | undefined {
  return [...text.matchAll(assignment(name))].at(-1)?.[3];
}

export function numberParameter(text: string, name: string): number | undefined {
  const value = Number(globalParameter(text, name));
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Every assignment of the parameter gets the value; what follows on the line stays (a comment) unless `cut` takes it. */
export function withParameter(text: string, name: string, value: string | number, cut = /$^/): string {
  return text.replace(assignment(name), (_whole, start: string, _quote, _old, rest: string) =>
    `${start}${value}${rest}`.replace(cut, ''),
  );
}

/** loadmodule "tm.so", also with a path before the name or without ".so". */
export function loadsModule(text: string, module: string): boolean {
  return new RegExp(`^[ \\t]*loadmodulex?[ \\t(]*"(?:[^"\\n]*/)?${module}(?:\\.so)?"`, 'm').test(text);
}

function assignment(name: string): RegExp {
  return new RegExp(`^([ \\t]*${name}[ \\t]*=[ \\t]*)("?)([^"\\s#;]+)\\2(.*)$`, 'gm');
}
