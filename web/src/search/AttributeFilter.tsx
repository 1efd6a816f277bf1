import type { AttributeFacet } from "../api/client";
import { attribute, title } from "../format";
import type { Condition, End } from "../state/searchUrl";
import { FacetGroup } from "./FacetGroup";
import { options } from "./facets";
import { Histogram } from "./Histogram";
import { RangeField } from "./RangeField";

interface AttributeFilterProps {
  name: string;
  facet: AttributeFacet;
  condition: Condition | undefined;
  /** Counts are unknown, and values are all that is offered. */
  uncounted: boolean;
  onChange: (condition: Condition | undefined) => void;
}

/** The values of an attribute, of which some may be chosen, or its range. */
export function AttributeFilter({ name, facet, condition, uncounted, onChange }: AttributeFilterProps) {
  const counted = (facet.values ?? []).map(({ value, count }) => ({ value, count: uncounted ? null : count }));
  if (facet.type === "boolean") {
    const chosen = typeof condition === "boolean" ? [String(condition)] : [];
    const change = (values: string[]) => {
      const added = values.find((value) => !chosen.includes(value));
      onChange(added === undefined ? undefined : added === "true");
    };
    return (
      <FacetGroup
        title={title(name)}
        shownAs={(value) => attribute(value === "true")}
        offered={options(counted, chosen)}
        chosen={chosen}
        onChange={change}
      />
    );
  }
  if (facet.type === "number" || facet.type === "time") {
    const range = typeof condition === "object" && !Array.isArray(condition) ? condition : {};
    const shown = title(name);
    const change = (min: End | null, max: End | null) =>
      onChange(min === null && max === null ? undefined : { ...(min !== null && { min }), ...(max !== null && { max }) });
    return (
      <div>
        <RangeField
          title={facet.unit ? `${shown} (${facet.unit})` : shown}
          type={facet.type === "number" ? "number" : "date"}
          min={range.min ?? null}
          max={range.max ?? null}
          hints={[hint(facet.min), hint(facet.max)]}
          labels={
            facet.type === "number"
              ? [`Lowest ${shown.toLowerCase()}`, `Highest ${shown.toLowerCase()}`, `Apply ${shown.toLowerCase()}`]
              : [`${shown} from`, `${shown} until`, `Apply ${shown.toLowerCase()}`]
          }
          onChange={change}
        />
        {!uncounted && (
          <Histogram
            bins={facet.histogram}
            shown={(end) => (typeof end === "number" ? attribute(end, facet.unit ?? undefined) : end.slice(0, 10))}
          />
        )}
      </div>
    );
  }
  const chosen = Array.isArray(condition) ? condition : [];
  return (
    <FacetGroup
      title={title(name)}
      offered={options(counted, chosen)}
      chosen={chosen}
      onChange={(values) => onChange(values.length > 0 ? values : undefined)}
    />
  );
}

function hint(end: End | null | undefined): string {
  return typeof end === "number" ? attribute(end) : (end ?? "").slice(0, 10);
}
