import { type FormEvent, useEffect, useState } from "react";
import type { Facets } from "../api/client";
import { price } from "../format";
import type { Filters } from "../state/searchUrl";

type Range = Pick<Filters, "priceMin" | "priceMax">;

interface PriceRangeProps extends Range {
  facets: Facets | null | undefined;
  onChange: (range: Range) => void;
}

/** Two prices, either of which may be left open. */
export function PriceRange({ priceMin, priceMax, facets, onChange }: PriceRangeProps) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  useEffect(() => setFrom(priceMin === null ? "" : String(priceMin)), [priceMin]);
  useEffect(() => setTo(priceMax === null ? "" : String(priceMax)), [priceMax]);
  const apply = (event?: FormEvent) => {
    event?.preventDefault();
    const [low, high] = [parsed(from), parsed(to)];
    const turned = low !== null && high !== null && low > high;
    const range = turned ? { priceMin: high, priceMax: low } : { priceMin: low, priceMax: high };
    if (range.priceMin !== priceMin || range.priceMax !== priceMax) onChange(range);
  };
  const field = (label: string, value: string, set: (value: string) => void, hint: number | null | undefined) => (
    <input
      type="number"
      inputMode="decimal"
      min={0}
      step="any"
      aria-label={label}
      value={value}
      placeholder={typeof hint === "number" ? price(hint) : ""}
      onChange={(event) => set(event.target.value)}
      onBlur={() => apply()}
      className="w-full min-w-0 rounded-xl border border-line-strong/60 bg-surface px-3 py-1.5 text-sm tabular-nums [appearance:textfield] [&::-webkit-inner-spin-button]:appearance-none"
    />
  );
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">Price</legend>
      <form onSubmit={apply} className="flex items-center gap-2">
        {field("Lowest price", from, setFrom, facets?.price_min)}
        <span aria-hidden="true" className="text-ink-soft">
          –
        </span>
        {field("Highest price", to, setTo, facets?.price_max)}
        <button type="submit" className="sr-only">
          Apply prices
        </button>
      </form>
    </fieldset>
  );
}

function parsed(text: string): number | null {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
