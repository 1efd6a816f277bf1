import { expect, it } from "vitest";
import type { Result } from "../api/client";
import { overlap } from "./overlap";

const ranked = (...ids: string[]) => ids.map((product_id, at) => ({ product_id, rank: at + 1 }) as Result);

it("counts what two rankings share, and what stands in the same place", () => {
  const both = overlap(ranked("x", "y", "z"), ranked("x", "z", "w"));
  expect(both).toMatchObject({ shown: 3, shared: 2, same: 1 });
  expect(both.inB.get("z")).toBe(2);
});

it("finds nothing in common with nothing", () => {
  expect(overlap([], ranked("x"))).toMatchObject({ shown: 1, shared: 0, same: 0 });
});
