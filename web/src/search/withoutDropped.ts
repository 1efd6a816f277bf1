import type { Schemas } from "../api/client";
import { FIELDS, refine, type SearchState } from "../state/searchUrl";

type Dropped = Schemas["Dropped"];

/** The search without the conditions that nothing fulfils together with the others. */
export function withoutDropped(state: SearchState, dropped: Dropped[]): SearchState {
  return dropped.reduce(without, refine(state, {}));
}

function without(state: SearchState, { kind, field, words }: Dropped): SearchState {
  const { filters } = state;
  if (kind === "score") return { ...state, minScore: 0 };
  if (kind === "words") return { ...state, query: state.query.replace(words ?? "", " ").replace(/\s+/g, " ").trim() };
  if (field === "price") return { ...state, filters: { ...filters, priceMin: null, priceMax: null } };
  const known = FIELDS.find((name) => name === field);
  if (known) return { ...state, filters: { ...filters, [known]: [] } };
  const attributes = Object.entries(filters.attributes).filter(([name]) => name !== field);
  return { ...state, filters: { ...filters, attributes: Object.fromEntries(attributes) } };
}
