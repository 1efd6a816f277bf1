import { attribute, capitalised, percent, price, title } from "../format";
import { catalogueOf, useModels } from "../state/models";
import { type Condition, refine, FIELDS, hasFilters, NO_FILTERS, type SearchState } from "../state/searchUrl";
import { Icon } from "../ui/Icon";

interface ActiveFiltersProps {
  state: SearchState;
  onChange: (state: SearchState) => void;
}

/** What narrows the search, each with a way to leave it out. */
export function ActiveFilters({ state, onChange }: ActiveFiltersProps) {
  const { data: models } = useModels();
  if (!hasFilters(state) && state.minScore === 0) return null;
  const { filters } = state;
  const facets = catalogueOf(models, state.catalogue)?.facets;
  const without = (changed: Partial<typeof filters>) => () => onChange(refine(state, { filters: { ...filters, ...changed } }));
  return (
    <ul aria-label="Active filters" className="mb-5 flex flex-wrap gap-2">
      {FIELDS.flatMap((field) =>
        filters[field].map((value) => (
          <Chip
            key={`${field}/${value}`}
            text={field === "brand" ? value : capitalised(value)}
            onRemove={without({ [field]: filters[field].filter((other) => other !== value) })}
          />
        )),
      )}
      {filters.priceMin !== null && <Chip text={`From ${price(filters.priceMin, facets?.currency)}`} onRemove={without({ priceMin: null })} />}
      {filters.priceMax !== null && <Chip text={`Up to ${price(filters.priceMax, facets?.currency)}`} onRemove={without({ priceMax: null })} />}
      {Object.entries(filters.attributes).map(([name, condition]) => (
        <Chip
          key={name}
          text={`${title(name)}: ${said(condition, facets?.attributes?.[name]?.unit ?? undefined)}`}
          onRemove={without({ attributes: Object.fromEntries(Object.entries(filters.attributes).filter(([other]) => other !== name)) })}
        />
      ))}
      {state.minScore > 0 && (
        <Chip text={`Score ${percent(state.minScore)} or more`} onRemove={() => onChange(refine(state, { minScore: 0 }))} />
      )}
      <li>
        <button
          type="button"
          onClick={() => onChange(refine(state, { filters: NO_FILTERS, minScore: 0 }))}
          className="rounded px-1.5 py-1 text-sm font-medium text-accent hover:underline"
        >
          Clear all
        </button>
      </li>
    </ul>
  );
}

function said(condition: Condition, unit: string | undefined): string {
  if (typeof condition === "boolean" || Array.isArray(condition)) return attribute(condition);
  const { min, max } = condition;
  const [low, high] = [min, max].map((end) => (end === undefined ? "" : attribute(end, unit)));
  return low && high ? `${low} – ${high}` : low ? `from ${low}` : `up to ${high}`;
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <li>
      <button
        type="button"
        onClick={onRemove}
        aria-label={`Remove the filter ${text}`}
        className="inline-flex items-center gap-1.5 rounded-full bg-accent-wash py-1 pl-3 pr-2 text-sm text-accent transition-colors hover:bg-sunken"
      >
        {text}
        <Icon name="close" className="size-3.5" />
      </button>
    </li>
  );
}
