import { describe, expect, it } from "vitest";
import { price } from "../format";
import { meaning } from "./Constraints";

describe("the meaning of a constraint", () => {
  it("is a range of prices, open where there is no bound", () => {
    expect(meaning({ words: "under 20", kind: "price", price_min: null, price_max: 20 })).toBe(`up to ${price(20)}`);
    expect(meaning({ words: "over 20", kind: "price", price_min: 20, price_max: null })).toBe(`from ${price(20)}`);
    expect(meaning({ words: "20-50 $", kind: "price", price_min: 20, price_max: 50 })).toBe(`from ${price(20)} up to ${price(50)}`);
  });

  it("is what products may not have", () => {
    expect(meaning({ words: "not red", kind: "exclusion", field: "color", value: "red" })).toBe("without “red”");
  });
});
