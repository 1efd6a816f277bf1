import { describe, expect, it } from "vitest";
import { completed } from "./completion";

describe("completed", () => {
  it("parts a suggestion at the beginning of a word", () => {
    expect(completed("Red Mug", "re")).toEqual({ before: "", typed: "Re", after: "d Mug" });
    expect(completed("tired red mug", " RED ")).toEqual({ before: "tired ", typed: "red", after: " mug" });
  });

  it("leaves a suggestion whole that has an error less", () => {
    expect(completed("reading lamp", "raed")).toEqual({ before: "", typed: "", after: "reading lamp" });
    expect(completed("acred", "red")).toEqual({ before: "", typed: "", after: "acred" });
    expect(completed("mug", "")).toEqual({ before: "", typed: "", after: "mug" });
  });

  it("does not part what lower case makes longer", () => {
    expect(completed("İstanbul red", "red")).toEqual({ before: "", typed: "", after: "İstanbul red" });
  });
});
