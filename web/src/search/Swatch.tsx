import { swatch } from "./swatch";

/** A dot in a colour, beside its name. */
export function Swatch({ name }: { name: string }) {
  const color = swatch(name);
  return (
    <span
      aria-hidden="true"
      className="size-3.5 shrink-0 rounded-full ring-1 ring-inset ring-black/15"
      style={{ background: color ?? "conic-gradient(#e66,#ec6,#6c8,#6ae,#c7e,#e66)" }}
    />
  );
}
