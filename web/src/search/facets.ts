import type { Count, Facets } from "../api/client";
import { FIELDS, type Field, type Filters, type SearchState } from "../state/searchUrl";

export interface Option {
  value: string;
  /** How many were found; null where that is not known. */
  count: number | null;
}

/** What a field could be narrowed to, as seen while nothing was chosen in it. */
export interface Seen {
  question: string;
  fields: Partial<Record<Field, { others: string; counts: Count[] }>>;
}

export const NOTHING_SEEN: Seen = { question: "", fields: {} };

/** All of a question that its filters narrow. */
export function questionOf(state: SearchState): string {
  const { filters: _, page: __, k: ___, ...question } = state;
  return JSON.stringify(question);
}

/** Remember the counts of fields that do not narrow themselves: a response counts only what passes its filters. */
export function look(seen: Seen, state: SearchState, facets: Facets): Seen {
  const question = questionOf(state);
  const fields = question === seen.question ? { ...seen.fields } : {};
  for (const field of FIELDS)
    if (state.filters[field].length === 0) fields[field] = { others: others(state.filters, field), counts: facets[field] };
  return { question, fields };
}

/** What to offer for a field: what was chosen, what was found, and what else there was before it was narrowed. */
export function options(seen: Seen, state: SearchState, facets: Facets | null, whole: Facets | undefined, field: Field): Option[] {
  const chosen = state.filters[field];
  const found = facets?.[field] ?? [];
  if (chosen.length === 0) return found;
  const before = seen.question === questionOf(state) ? seen.fields[field] : undefined;
  const fresh = before?.others === others(state.filters, field);
  const offered = new Map<string, number | null>();
  for (const value of chosen) offered.set(value, null);
  for (const { value, count } of before?.counts ?? whole?.[field] ?? []) offered.set(value, before && fresh ? count : null);
  for (const { value, count } of found) offered.set(value, count);
  return [...offered].map(([value, count]) => ({ value, count }));
}

function others(filters: Filters, field: Field): string {
  return JSON.stringify({ ...filters, [field]: [] });
}
