// Text from outside (a router's banner, a file name, a scenario) on its way to a terminal or a file: one line that can be read.

/** Line breaks and tabs, also Unicode's: a value that spans lines must not look like several. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/** Control characters, half surrogates, non-characters, and what is invisible or turns the writing direction. */
const UNREADABLE =
  /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}]/gu;

/** Breaks become a blank, what cannot be read becomes "?"; the result is safe in a terminal, a comment and XML text. */
export function plainText(text: string): string {
  return text.replace(BREAKS, ' ').replace(UNREADABLE, '?');
}
