import { describe, expect, it } from "vitest";
import { CONFIDENT, seen } from "./seen";

const categories = (...probabilities: number[]) => probabilities.map((probability, place) => ({ category: `c${place}`, probability }));

describe("the categories of an image", () => {
  it("are the three most probable ones", () => {
    expect(seen(categories(0.6, 0.2, 0.1, 0.05))).toEqual(categories(0.6, 0.2, 0.1));
  });

  it("are not shown if even the first is a guess", () => {
    expect(seen(categories(CONFIDENT - 0.01, 0.2))).toEqual([]);
    expect(seen([])).toEqual([]);
  });
});
