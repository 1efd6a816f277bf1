import { describe, expect, it } from "vitest";
import type { Facets } from "../api/client";
import { START, type SearchState } from "../state/searchUrl";
import { look, NOTHING_SEEN, options } from "./facets";

const counts = (...pairs: [string, number][]) => pairs.map(([value, count]) => ({ value, count }));
const facets = (brand: [string, number][]): Facets => ({ brand: counts(...brand), color: [], category: [], price_min: 1, price_max: 9 });
const asked: SearchState = { ...START, query: "mug" };
const narrowed: SearchState = { ...asked, filters: { ...asked.filters, brand: ["Kes"] } };
const WHOLE = facets([["Kes", 190], ["Fern", 170], ["Lum", 160]]);

describe("what a field offers", () => {
  it("is what was found while nothing is chosen", () => {
    expect(options(NOTHING_SEEN, asked, facets([["Kes", 2]]), WHOLE, "brand")).toEqual(counts(["Kes", 2]));
  });

  it("keeps the alternatives of what was chosen", () => {
    const seen = look(NOTHING_SEEN, asked, facets([["Kes", 2], ["Fern", 1]]));
    const after = look(seen, narrowed, facets([["Kes", 5]]));
    expect(options(after, narrowed, facets([["Kes", 5]]), WHOLE, "brand")).toEqual(counts(["Kes", 5], ["Fern", 1]));
  });

  it("does not show counts that another filter made untrue", () => {
    const seen = look(NOTHING_SEEN, asked, facets([["Kes", 2], ["Fern", 1]]));
    const dearer = { ...narrowed, filters: { ...narrowed.filters, priceMin: 5 } };
    expect(options(seen, dearer, facets([["Kes", 1]]), WHOLE, "brand")).toEqual([
      { value: "Kes", count: 1 },
      { value: "Fern", count: null },
    ]);
  });

  it("is the catalogue's where a shared address was narrowed from the start", () => {
    const offered = options(NOTHING_SEEN, narrowed, facets([["Kes", 2]]), WHOLE, "brand");
    expect(offered).toEqual([{ value: "Kes", count: 2 }, { value: "Fern", count: null }, { value: "Lum", count: null }]);
  });

  it("forgets another question", () => {
    const seen = look(NOTHING_SEEN, { ...asked, query: "lamp" }, facets([["Dun", 3]]));
    expect(options(seen, narrowed, null, undefined, "brand")).toEqual([{ value: "Kes", count: null }]);
  });
});
