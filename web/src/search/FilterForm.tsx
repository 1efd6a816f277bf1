import { useId } from "react";
import type { Facets } from "../api/client";
import { capitalised, percent } from "../format";
import { catalogueOf, useModels } from "../state/models";
import {
  type Condition,
  type Conditions,
  type Field,
  FIELDS,
  type Filters,
  PAGE_SIZES,
  refine,
  type SearchState,
} from "../state/searchUrl";
import { AttributeFilter } from "./AttributeFilter";
import { FacetGroup } from "./FacetGroup";
import { options, valuesOf } from "./facets";
import { PriceRange } from "./PriceRange";
import { useSettled } from "./useSettled";

const TITLES: Record<Field, string> = { category: "Category", brand: "Brand", color: "Colour" };

export interface FilterFormProps {
  state: SearchState;
  facets: Facets | null;
  onChange: (state: SearchState, quietly?: boolean) => void;
}

/** All that narrows a search, and how much of it is shown. */
export function FilterForm({ state, facets, onChange }: FilterFormProps) {
  const { data: models } = useModels();
  const whole = catalogueOf(models, state.catalogue)?.facets;
  const narrow = (filters: Partial<Filters>) => onChange(refine(state, { filters: { ...state.filters, ...filters } }));
  // Products like one are not counted, and not found by price.
  const counted = (field: Field) => (state.like ? valuesOf(whole?.[field]) : (facets?.[field] ?? []));
  // An attribute that no result has is offered as long as it is filtered by.
  const offered = state.like ? whole?.attributes : facets?.attributes;
  const attributes = Object.entries(whole?.attributes ?? offered ?? {}).flatMap(([name, facet]) => {
    const found = offered?.[name] ?? (name in state.filters.attributes ? { ...facet, values: [], histogram: [] } : null);
    return found ? [[name, found] as const] : [];
  });
  return (
    <div className="space-y-7">
      {FIELDS.map((field) => (
        <FacetGroup
          key={field}
          title={TITLES[field]}
          shownAs={field === "brand" ? undefined : capitalised}
          swatches={field === "color"}
          offered={options(counted(field), state.filters[field])}
          chosen={state.filters[field]}
          onChange={(chosen) => narrow({ [field]: chosen })}
        />
      ))}
      {!state.like && (
        <PriceRange
          priceMin={state.filters.priceMin}
          priceMax={state.filters.priceMax}
          facets={facets ?? whole}
          onChange={narrow}
        />
      )}
      {attributes.map(([name, facet]) => (
        <AttributeFilter
          key={name}
          name={name}
          facet={facet}
          condition={state.filters.attributes[name]}
          uncounted={Boolean(state.like)}
          onChange={(condition) => narrow({ attributes: withCondition(state.filters.attributes, name, condition) })}
        />
      ))}
      <Threshold value={state.minScore} onChange={(minScore) => onChange(refine(state, { minScore }), true)} />
      <PageSize value={state.k} onChange={(k) => onChange(refine(state, { k }), true)} />
    </div>
  );
}

function withCondition(conditions: Conditions, name: string, condition: Condition | undefined): Conditions {
  const others = Object.fromEntries(Object.entries(conditions).filter(([other]) => other !== name));
  return condition === undefined ? others : { ...others, [name]: condition };
}

function Threshold({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const id = useId();
  const [shown, setShown] = useSettled(value, onChange);
  return (
    <div>
      <p className="mb-2 flex items-baseline justify-between text-sm">
        <label htmlFor={id} className="font-semibold">
          Lowest score
        </label>
        <output htmlFor={id} className="tabular-nums text-ink-soft">
          {shown > 0 ? percent(shown) : "Any"}
        </output>
      </p>
      <input
        id={id}
        type="range"
        min={0}
        max={0.95}
        step={0.05}
        value={shown}
        aria-valuetext={shown > 0 ? percent(shown) : "any"}
        onChange={(event) => setShown(Number(event.target.value))}
        className="w-full"
      />
    </div>
  );
}

function PageSize({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const id = useId();
  const sizes = PAGE_SIZES.includes(value) ? PAGE_SIZES : [...PAGE_SIZES, value].sort((a, b) => a - b);
  return (
    <p className="flex items-center justify-between text-sm">
      <label htmlFor={id} className="font-semibold">
        Results per page
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
        className="rounded-xl border border-line-strong/60 bg-surface px-2.5 py-1.5 tabular-nums"
      >
        {sizes.map((size) => (
          <option key={size}>{size}</option>
        ))}
      </select>
    </p>
  );
}
