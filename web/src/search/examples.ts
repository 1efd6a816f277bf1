import type { Facets } from "../api/client";

const WANTED = 4;

/** Queries that the catalogue can answer: its colours with its categories, each a different one. */
export function examples({ category, color, brand }: Facets): string[] {
  const stride = Math.max(1, Math.floor(category.length / WANTED));
  const kinds = category.filter((_, at) => at % stride === stride - 1).slice(0, WANTED);
  if (kinds.length === 0) return brand.slice(0, WANTED).map((facet) => facet.value);
  return kinds.map((kind, at) => [color[at * 2]?.value, kind.value].filter(Boolean).join(" "));
}
