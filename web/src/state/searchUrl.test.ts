import { describe, expect, it } from "vitest";
import { newSearch, refine, productOf, productPath, read, type SearchState, searchPath, START, write } from "./searchUrl";

const FULL: SearchState = {
  query: "red & “checked” mug",
  exact: true,
  literal: true,
  anyway: true,
  like: "p/1",
  image: "https://shop.example/a.jpg?x=1&y=2",
  share: 0.7,
  catalogue: "sample",
  k: 48,
  minScore: 0.35,
  page: 3,
  filters: {
    category: ["mug", "travel mug"],
    brand: ["A, B & C"],
    color: ["red"],
    priceMin: 0,
    priceMax: 99.5,
    attributes: { size: ["S", "M & L"], waterproof: false, weight: { min: -1.5, max: 2 }, released: { min: "2026-11-30" } },
  },
  sort: "weight:desc",
};

describe("the address of a search", () => {
  it("holds all of it", () => {
    expect(read(new URLSearchParams(write(FULL).toString()))).toEqual(FULL);
  });

  it("is empty for the start", () => {
    expect(searchPath(START)).toBe("/search");
    expect(read(new URLSearchParams())).toEqual(START);
  });

  it.each([
    ["k=0", { k: 1 }],
    ["k=9999", { k: 100 }],
    ["k=many", { k: 24 }],
    ["page=-2", { page: 1 }],
    ["page=999999", { page: 416 }],
    ["min=7", { minScore: 1 }],
    ["from=-3&to=NaN", { filters: START.filters }],
    ["q=%20%20", { query: "" }],
    ["sort=cheapest", { sort: "relevance" }],
    ["min.weight=heavy&is.=x&is.Size=M&max.weight=", { filters: START.filters }],
  ])("%s becomes a search that the server accepts", (address, expected) => {
    expect(read(new URLSearchParams(address))).toMatchObject(expected);
  });

  it("keeps settings but not filters for another query", () => {
    expect(newSearch(FULL, { query: "lamp" })).toEqual({ ...START, query: "lamp", catalogue: "sample", k: 48, minScore: 0.35 });
  });

  it("starts at the first page when a search is narrowed", () => {
    expect(refine(FULL, { minScore: 0.5 })).toEqual({ ...FULL, minScore: 0.5, page: 1 });
  });

  it("escapes what ids hold", () => {
    expect(productPath("a/b?c", "x")).toBe("/product/a%2Fb%3Fc?catalogue=x");
  });

  it.each(["a/b", "a/b/image", "a b", "50%", "50%25", "a%2Fb", "what?#&+;=", "größe-杯", "/", "...", "a/../b"])("gives the id %s back", (id) => {
    expect(productOf(new URL(productPath(id, ""), "https://shop.example").pathname)).toBe(id);
  });

  it("reads ids that somebody typed", () => {
    expect(productOf("/product/a/b")).toBe("a/b");
    expect(productOf("/product/50%")).toBe("50%");
  });
});
