import { useState } from "react";
import { capitalised, count } from "../format";
import type { Field } from "../state/searchUrl";
import type { Option } from "./facets";
import { Swatch } from "./Swatch";

const TITLES: Record<Field, string> = { category: "Category", brand: "Brand", color: "Colour" };
const FEW = 7;

interface FacetGroupProps {
  field: Field;
  offered: Option[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

/** The values of one field, some of which may be chosen. */
export function FacetGroup({ field, offered, chosen, onChange }: FacetGroupProps) {
  const [all, setAll] = useState(false);
  if (offered.length === 0) return null;
  const shown = all ? offered : offered.filter(({ value }, at) => at < FEW || chosen.includes(value));
  const toggle = (value: string, on: boolean) => onChange(on ? [...chosen, value] : chosen.filter((other) => other !== value));
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{TITLES[field]}</legend>
      <ul>
        {shown.map((option) => (
          <li key={option.value}>
            <label className="-mx-2 flex items-center gap-2.5 rounded-lg px-2 py-1 text-sm hover:bg-sunken">
              <input
                type="checkbox"
                checked={chosen.includes(option.value)}
                onChange={(event) => toggle(option.value, event.target.checked)}
                className="size-4"
              />
              {field === "color" && <Swatch name={option.value} />}
              <span className="grow truncate">{field === "brand" ? option.value : capitalised(option.value)}</span>
              {option.count !== null && <span className="text-xs tabular-nums text-ink-soft">{count(option.count)}</span>}
            </label>
          </li>
        ))}
      </ul>
      {offered.length > FEW && (
        <button
          type="button"
          aria-expanded={all}
          onClick={() => setAll(!all)}
          className="mt-1 rounded text-sm font-medium text-accent hover:underline"
        >
          {all ? "Show fewer" : `Show all ${offered.length}`}
          <span className="sr-only"> of {TITLES[field].toLowerCase()}</span>
        </button>
      )}
    </fieldset>
  );
}
