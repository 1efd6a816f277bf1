import { useId } from "react";
import { isSort, SORTS, type Sort } from "../state/searchUrl";

const NAMES: Record<Sort, string> = {
  relevance: "Best match",
  price_asc: "Price, lowest first",
  price_desc: "Price, highest first",
  popularity: "Most popular",
};

/** The order of the results. */
export function SortPicker({ value, onChange }: { value: Sort; onChange: (sort: Sort) => void }) {
  const id = useId();
  return (
    <p className="flex items-center gap-2 text-sm">
      <label htmlFor={id} className="text-ink-soft max-sm:sr-only">
        Sort by
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => isSort(event.target.value) && onChange(event.target.value)}
        className="max-w-52 rounded-full border border-line-strong/60 bg-surface px-3 py-1.5"
      >
        {SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {NAMES[sort]}
          </option>
        ))}
      </select>
    </p>
  );
}
