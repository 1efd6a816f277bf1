/** A suggestion in parts: what was typed, and what goes on from it. */
export interface Completed {
  before: string;
  typed: string;
  after: string;
}

/** Where a suggestion has what was typed, at the beginning of a word; all of it goes on if it does not have it as typed. */
export function completed(text: string, typed: string): Completed {
  const wanted = typed.trim().toLowerCase();
  const lower = text.toLowerCase();
  let at = lower.length === text.length && wanted ? lower.indexOf(wanted) : -1;
  while (at > 0 && /[\p{L}\p{N}]/u.test(text.charAt(at - 1))) at = lower.indexOf(wanted, at + 1);
  if (at < 0) return { before: "", typed: "", after: text };
  return { before: text.slice(0, at), typed: text.slice(at, at + wanted.length), after: text.slice(at + wanted.length) };
}
