import { useState } from "react";
import { count } from "../format";
import type { Option } from "./facets";
import { Swatch } from "./Swatch";

const FEW = 7;

interface FacetGroupProps {
  title: string;
  /** How a value is shown. */
  shownAs?: ((value: string) => string) | undefined;
  swatches?: boolean;
  offered: Option[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

/** The values of one field, some of which may be chosen. */
export function FacetGroup({ title, shownAs = (value) => value, swatches = false, offered, chosen, onChange }: FacetGroupProps) {
  const [all, setAll] = useState(false);
  if (offered.length === 0) return null;
  const shown = all ? offered : offered.filter(({ value }, at) => at < FEW || chosen.includes(value));
  const toggle = (value: string, on: boolean) => onChange(on ? [...chosen, value] : chosen.filter((other) => other !== value));
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{title}</legend>
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
              {swatches && <Swatch name={option.value} />}
              <span className="grow truncate">{shownAs(option.value)}</span>
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
          <span className="sr-only"> of {title.toLowerCase()}</span>
        </button>
      )}
    </fieldset>
  );
}
