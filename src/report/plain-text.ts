// Text from outside (a router's banner, a file name, a scenario) on its way to a terminal: only what can be read.

/** Control characters, terminal escapes and marks that turn the writing direction become "?". */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?');
}
