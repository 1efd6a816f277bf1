import { describe, expect, it } from "vitest";
import { readable } from "./imageSearch";

const OWN = "http://127.0.0.1:8000";

describe("the address of an image", () => {
  it("is kept when it is elsewhere", () => {
    expect(readable(" https://shop.example/a.jpg?w=1 ", OWN)).toEqual({ address: "https://shop.example/a.jpg?w=1" });
  });

  it("is a path when it is here", () => {
    expect(readable(`${OWN}/products/1/image?catalogue=x`, OWN)).toEqual({ address: "/products/1/image?catalogue=x" });
  });

  it.each(["http://shop.example/a.jpg", "javascript:alert(1)", "data:image/png;base64,", "a.jpg", ""])(
    "%s is refused with a reason",
    (address) => expect(readable(address, OWN)).toHaveProperty("problem"),
  );
});
