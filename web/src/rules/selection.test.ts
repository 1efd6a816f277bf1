import { describe, expect, it } from "vitest";
import { type Criterion, criteria, described, hasConditions, selected } from "./selection";

const ATTRIBUTES = {
  size: { type: "keyword" as const },
  weight: { type: "number" as const, unit: "kg" },
  added: { type: "time" as const },
  is_new: { type: "boolean" as const },
  care: { type: "text" as const },
};
const [brand, price, size, weight, added, isNew] = ["brand", "price", "size", "weight", "added", "is_new"].map(
  (name) => criteria(ATTRIBUTES).find((each) => each.name === name)!,
) as [Criterion, Criterion, Criterion, Criterion, Criterion, Criterion];

describe("criteria", () => {
  it("are the fields of every catalogue and the attributes, but for texts", () => {
    expect(criteria().map(({ name }) => name)).toEqual(["brand", "category", "color", "price"]);
    expect(criteria(ATTRIBUTES).map(({ name }) => name)).toEqual(["brand", "category", "color", "price", "size", "weight", "added", "is_new"]);
    expect(weight).toMatchObject({ shown: "Weight", unit: "kg" });
    expect(isNew.shown).toBe("Is new");
  });
});

describe("a selection", () => {
  it("has a value, the truth, or a range of which one end may be open", () => {
    expect(selected(brand, " Kestrand ", "")).toMatchObject({ brand: ["Kestrand"] });
    expect(selected(size, "XL", "")).toMatchObject({ attributes: { size: ["XL"] } });
    expect(selected(isNew, "false", "")).toMatchObject({ attributes: { is_new: false } });
    expect(selected(weight, "1.5", "2")).toMatchObject({ attributes: { weight: { min: 1.5, max: 2 } } });
    expect(selected(added, "", "2026-11-30")).toMatchObject({ attributes: { added: { max: "2026-11-30" } } });
    expect(selected(price, "10", "")).toMatchObject({ price_min: 10, price_max: null });
  });
  it("needs something", () => {
    for (const criterion of criteria(ATTRIBUTES)) expect(selected(criterion, " ", "")).toBeNull();
  });
  it("is said in a few words", () => {
    expect(described(selected(size, "XL", "")!)).toBe("Size XL");
    expect(described(selected(weight, "1.5", "2")!)).toBe("Weight from 1.5 up to 2");
    expect(described(selected(isNew, "true", "")!)).toBe("Is new yes");
    expect(described(selected(price, "", "20")!)).toBe("price up to 20");
  });
  it("of ids alone has no conditions", () => {
    expect(hasConditions(selected(price, "", "20")!)).toBe(true);
    expect(hasConditions({ ...selected(brand, "a", "")!, brand: [], product_id: ["p1"] })).toBe(false);
  });
});
