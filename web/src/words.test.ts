import { describe, expect, it } from "vitest";
import { parts, stem } from "./words";

const marked = (text: string, words: string[]) =>
  parts(text, words)
    .map((part) => (part.matched ? `[${part.text}]` : part.text))
    .join("");

describe("matched words", () => {
  it("are found in other forms and any case", () => {
    expect(marked("Two Mugs, Checked (350 ml)", ["mug", "checks"])).toBe("Two [Mugs], [Checked] (350 ml)");
  });

  it("are whole words", () => {
    expect(marked("Redwood lamp", ["red", "amp"])).toBe("Redwood lamp");
  });

  it("leave a title as it is where there are none", () => {
    expect(parts("Größe Ω", [])).toEqual([{ text: "Größe Ω", matched: false }]);
  });

  it.each([
    ["running", "run"],
    ["stripes", "striped"],
    ["batteries", "battery"],
    ["glasses", "glass"],
  ])("%s and %s have one stem", (one, other) => expect(stem(one)).toBe(stem(other)));
});
