import type { Facets } from "../api/client";
import { price } from "../format";
import type { Filters } from "../state/searchUrl";
import { Histogram } from "./Histogram";
import { RangeField } from "./RangeField";

type Range = Pick<Filters, "priceMin" | "priceMax">;

interface PriceRangeProps extends Range {
  facets: Facets | null | undefined;
  onChange: (range: Range) => void;
}

/** Two prices, either of which may be left open. */
export function PriceRange({ priceMin, priceMax, facets, onChange }: PriceRangeProps) {
  const hint = (value: number | null | undefined) => (typeof value === "number" ? price(value) : "");
  return (
    <div>
      <RangeField
      title={facets?.currency ? `Price (${facets.currency})` : "Price"}
      type="number"
      least={0}
      min={priceMin}
      max={priceMax}
      hints={[hint(facets?.price_min), hint(facets?.price_max)]}
      labels={["Lowest price", "Highest price", "Apply prices"]}
      onChange={(min, max) => onChange({ priceMin: min as number | null, priceMax: max as number | null })}
      />
      <Histogram bins={facets?.price_histogram} shown={(end) => price(Number(end), facets?.currency ?? undefined)} />
    </div>
  );
}
