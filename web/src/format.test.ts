import { describe, expect, it } from "vitest";
import { attribute, deviations, duration, percent, plural, price, sentence, title, version } from "./format";

describe("numbers for people", () => {
  it.each([
    [0, "0%"],
    [0.0004, "<1%"],
    [0.5, "50%"],
    [0.9999, ">99%"],
    [1, "100%"],
  ])("%d is %s", (value, text) => expect(percent(value)).toBe(text));

  it("shows prices with the currency that is known", () => {
    expect(price(1234.5, "EUR")).toMatch(/1.?234.50/);
    expect(price(1234.5, "EUR")).toMatch(/€|EUR/);
    expect(price(9, "kr.")).toBe(`${price(9)} kr.`);
    expect(price(9, null)).toBe(price(9));
  });

  it("shows attributes with their units", () => {
    expect(attribute(1.5, "kg")).toBe("1.5 kg");
    expect(attribute(["wool", "silk"])).toBe("wool, silk");
    expect([attribute(true), attribute(false), attribute("M")]).toEqual(["Yes", "No", "M"]);
    expect(title("shoe_size")).toBe("Shoe size");
  });

  it("signs deviations", () => {
    expect(deviations(3.608)).toBe("+3.6 σ");
    expect(deviations(-0.25)).toBe("−0.3 σ");
  });

  it("shows versions that are times as times", () => {
    expect(version(1795272312)).toBe("2026-11-21 14:45");
    expect(version(7)).toBe("7");
  });

  it("counts and times", () => {
    expect(plural(1, "result")).toBe("1 result");
    expect(plural(2, "result")).toBe("2 results");
    expect(duration(0.2)).toBe("1 ms");
    expect(duration(1540)).toBe("1.5 s");
  });

  it("makes sentences of what the server says", () => {
    expect(sentence("the model failed")).toBe("The model failed.");
    expect(sentence("Nothing was found.")).toBe("Nothing was found.");
  });
});
