import { describe, expect, it } from "vitest";
import { options, valuesOf } from "./facets";

const COUNTED = [
  { value: "Kes", count: 5 },
  { value: "Fern", count: 1 },
];

describe("what a field offers", () => {
  it("is what was counted, whether or not it is chosen", () => {
    expect(options(COUNTED, [])).toEqual(COUNTED);
    expect(options(COUNTED, ["Fern"])).toEqual(COUNTED);
  });

  it("is what was chosen, too, so that it can be left out", () => {
    expect(options(COUNTED, ["Lum", "Kes"])).toEqual([{ value: "Lum", count: null }, ...COUNTED]);
  });

  it("has no counts where a search has none", () => {
    expect(options(valuesOf(COUNTED), ["Kes"])).toEqual([
      { value: "Kes", count: null },
      { value: "Fern", count: null },
    ]);
    expect(valuesOf(undefined)).toEqual([]);
  });
});
