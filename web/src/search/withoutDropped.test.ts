import { describe, expect, it } from "vitest";
import { NO_FILTERS, START } from "../state/searchUrl";
import { withoutDropped } from "./withoutDropped";

const FILTERS = { ...NO_FILTERS, color: ["red"], brand: ["Avelo"], priceMax: 3 };

describe("withoutDropped", () => {
  it("leaves out filters and goes to the first page", () => {
    const state = { ...START, query: "mug", page: 3, filters: FILTERS };
    expect(withoutDropped(state, [{ kind: "filter", field: "color" }, { kind: "filter", field: "price" }])).toEqual({
      ...START,
      query: "mug",
      filters: { ...NO_FILTERS, brand: ["Avelo"] },
    });
  });

  it("leaves out words of the query, and the lowest score", () => {
    const state = { ...START, query: "red mug under 5 with lid", minScore: 0.9 };
    const dropped = [{ kind: "words" as const, field: "price", words: "under 5" }, { kind: "score" as const }];
    expect(withoutDropped(state, dropped)).toEqual({ ...START, query: "red mug with lid" });
  });
});
