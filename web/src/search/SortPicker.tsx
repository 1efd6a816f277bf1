import { useId } from "react";
import type { Facets } from "../api/client";
import { title } from "../format";
import { SORTS, type Sort } from "../state/searchUrl";

const NAMES: Record<(typeof SORTS)[number], string> = {
  relevance: "Best match",
  price_asc: "Price, lowest first",
  price_desc: "Price, highest first",
  popularity: "Most popular",
};

interface SortPickerProps {
  value: Sort;
  /** The facets of the whole catalogue, which name its attributes. */
  facets: Facets | undefined;
  onChange: (sort: Sort) => void;
}

/** The order of the results. */
export function SortPicker({ value, facets, onChange }: SortPickerProps) {
  const id = useId();
  const offered = [...SORTS.map((sort): [string, string] => [sort, NAMES[sort]]), ...ofAttributes(facets)];
  return (
    <p className="flex items-center gap-2 text-sm">
      <label htmlFor={id} className="text-ink-soft max-sm:sr-only">
        Sort by
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="max-w-52 rounded-full border border-line-strong/60 bg-surface px-3 py-1.5"
      >
        {offered.map(([sort, name]) => (
          <option key={sort} value={sort}>
            {name}
          </option>
        ))}
      </select>
    </p>
  );
}

function ofAttributes(facets: Facets | undefined): [string, string][] {
  return Object.entries(facets?.attributes ?? {}).flatMap(([name, facet]): [string, string][] => {
    if (facet.newest) return [["newest", "Newest first"]];
    if (facet.type !== "number" && facet.type !== "time") return [];
    const [first, last] = facet.type === "number" ? ["lowest first", "highest first"] : ["earliest first", "latest first"];
    return [
      [`${name}:asc`, `${title(name)}, ${first}`],
      [`${name}:desc`, `${title(name)}, ${last}`],
    ];
  });
}
