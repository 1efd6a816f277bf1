import { describe, expect, it } from "vitest";
import { described, patchesOf } from "./relevance";

const CORNER = [
  [0.6, 0.1, 0],
  [0.1, 0.1, 0.1],
  [0, 0, 0],
];

describe("a map of an image", () => {
  it("is as strong as its strongest patch", () => {
    const patches = patchesOf(CORNER);
    expect(patches.map((patch) => patch.strong)).toEqual([true, ...Array(8).fill(false)]);
    expect(patches[1]?.strength).toBeCloseTo(1 / 6);
  });

  it("is described by the places that have half of it", () => {
    expect(described(CORNER)).toBe("most of it lies at the top left");
    expect(described([[0.25, 0.25], [0.25, 0.25]])).toBe("most of it lies at the top left, top right");
  });

  it("without any relevance says so", () => {
    expect(described([[0, 0], [0, 0]])).toBe("no part of the image speaks for it");
    expect(patchesOf([[0]])[0]?.strength).toBe(0);
  });
});
