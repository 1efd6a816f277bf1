import type { Count } from "../api/client";

export interface Option {
  value: string;
  /** How many were found; null where that is not known. */
  count: number | null;
}

/**
 * What to offer for a field: what was counted, after what is chosen and was not. That one is found as well, perhaps: only
 * the commonest values are counted, and a filter finds longer ones that have all its words.
 */
export function options(counted: readonly Option[], chosen: readonly string[]): Option[] {
  const known = new Set(counted.map(({ value }) => value));
  return [...uncounted(chosen.filter((value) => !known.has(value))), ...counted];
}

/** The values of a catalogue, for a search that counts none. */
export function valuesOf(counts: readonly Count[] = []): Option[] {
  return uncounted(counts.map(({ value }) => value));
}

function uncounted(values: string[]): Option[] {
  return values.map((value) => ({ value, count: null }));
}
