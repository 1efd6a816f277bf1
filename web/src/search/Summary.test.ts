import { describe, expect, it } from "vitest";
import type { SearchResponse } from "../api/client";
import { found } from "./Summary";

const answer = (fields: object) => ({ junk: false, total: 0, offset: 0, results: [], matching: null, ...fields }) as unknown as SearchResponse;

describe("found", () => {
  it("says how many results there are", () => {
    expect(found(answer({ total: 3, results: [1, 2, 3] }))).toBe("3 results");
    expect(found(answer({ total: 3, results: [1, 2, 3], matching: 2 }))).toBe("3 results");
    expect(found(answer({ total: 60, offset: 24, results: Array(24) }))).toBe("25–48 of 60 results");
  });

  it("does not take the bound of a search for a count", () => {
    expect(found(answer({ total: 100, results: Array(24), matching: 4210 }))).toBe("1–24 of the 100 best of 4,210 results");
    expect(found(answer({ total: 100, results: Array(100), matching: 4210 }))).toBe("The 100 best of 4,210 results");
  });

  it("says where there are none", () => {
    expect(found(answer({ junk: true }))).toBe("Not searched");
    expect(found(answer({}))).toBe("No results");
    expect(found(answer({ total: 30, offset: 48 }))).toBe("No more than 30 results");
  });
});
