import { expect, it } from "vitest";
import type { Facets } from "../api/client";
import { examples } from "./examples";

const counts = (...values: string[]) => values.map((value) => ({ value, count: 1 }));
const facets = (category: string[], color: string[], brand: string[] = []): Facets => ({
  category: counts(...category),
  color: counts(...color),
  brand: counts(...brand),
  price_min: null,
  price_max: null,
});

it("puts colours before categories", () => {
  expect(examples(facets(["mug", "lamp"], ["red", "plum", "blue"]))).toEqual(["red mug", "blue lamp"]);
});

it("does with what there is", () => {
  expect(examples(facets(["mug"], []))).toEqual(["mug"]);
  expect(examples(facets([], ["red"], ["Acme"]))).toEqual(["Acme"]);
  expect(examples(facets([], []))).toEqual([]);
});
