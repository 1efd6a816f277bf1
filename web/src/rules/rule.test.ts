import { describe, expect, it } from "vitest";
import { condition, day, doesSomething, hiddenIds, movePin, nameOf, newRule, period, summary, toggleHidden, togglePin } from "./rule";

const RULE = newRule("Red mug", []);

describe("a new rule", () => {
  it("has a name of its own", () => {
    expect(RULE.name).toBe("red-mug");
    expect(newRule("Red mug", ["red-mug", "red-mug-2"]).name).toBe("red-mug-3");
    expect(nameOf("Winter & Summer!")).toBe("winter-summer");
    expect(nameOf("赤い")).toBe("rule");
    expect(nameOf("x".repeat(200))).toHaveLength(48);
  });
  it("does nothing yet", () => expect(doesSomething(RULE)).toBe(false));
});

describe("pins", () => {
  const rule = togglePin(togglePin(togglePin(RULE, "a"), "b"), "c");
  it("are kept in order, and moved", () => {
    expect(rule.pin).toEqual(["a", "b", "c"]);
    expect(movePin(rule, "c", -1).pin).toEqual(["a", "c", "b"]);
    expect(movePin(rule, "a", -1).pin).toEqual(["a", "b", "c"]);
    expect(movePin(rule, "c", 1).pin).toEqual(["a", "b", "c"]);
    expect(togglePin(rule, "b").pin).toEqual(["a", "c"]);
  });
});

describe("hidden products", () => {
  it("are pinned no more, and come back without their selection", () => {
    const hidden = toggleHidden(togglePin(RULE, "a"), "a");
    expect(hiddenIds(hidden)).toEqual(["a"]);
    expect(hidden.pin).toEqual([]);
    expect(toggleHidden(hidden, "a").hide).toEqual([]);
  });
  it("leave conditions as they are", () => {
    const red = { product_id: ["a"], brand: [], category: [], color: ["red"], price_min: null, price_max: null, in_stock: false };
    expect(toggleHidden({ ...RULE, hide: [red] }, "a").hide).toEqual([{ ...red, product_id: [] }]);
  });
});

describe("words about a rule", () => {
  const now = Date.parse("2026-06-01T00:00:00Z");
  it("say what it does, when, and for what", () => {
    expect(summary({ ...RULE, pin: ["a"], redirect: "/sale" })).toBe("1 pinned, leads to /sale");
    expect(condition(RULE)).toBe("“Red mug”");
    expect(condition({ ...RULE, when: { query: "mug", match: "contains", category: "Kitchen" } })).toBe(
      "searches with “mug” in them, category Kitchen",
    );
    expect(period({ ...RULE, starts: "2026-07-01T00:00:00Z", ends: "2026-08-01T00:00:00Z" }, now)).toBe("from 2026-07-01 until 2026-08-01");
    expect(period({ ...RULE, ends: "2026-05-01T00:00:00Z" }, now)).toBe("ended on 2026-05-01");
    expect(period(RULE, now)).toBe("");
    expect(day(null)).toBe("");
  });
});
