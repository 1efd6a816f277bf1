import type { Suggestion } from "../api/suggest";
import { Icon, type IconName } from "../ui/Icon";
import { completed } from "./completion";

const KINDS: Record<Suggestion["kind"], { icon: IconName; name: string }> = {
  query: { icon: "search", name: "" },
  category: { icon: "filter", name: "Category" },
  brand: { icon: "search", name: "Brand" },
  product: { icon: "right", name: "Product" },
};

interface SuggestionListProps {
  id: string;
  suggestions: Suggestion[];
  typed: string;
  /** The place of the option that the arrows have reached, or -1. */
  active: number;
  onChoose: (suggestion: Suggestion) => void;
}

/** The options under the search field. The focus stays in the field. */
export function SuggestionList({ id, suggestions, typed, active, onChoose }: SuggestionListProps) {
  return (
    <ul
      id={id}
      role="listbox"
      aria-label="Suggestions"
      className="arrive absolute inset-x-0 top-full z-30 mt-2 max-h-[70dvh] overflow-y-auto rounded-3xl border border-line bg-raised p-2 text-left text-base shadow-lift"
    >
      {suggestions.map((suggestion, place) => {
        const { icon, name } = KINDS[suggestion.kind];
        const { before, typed: same, after } = completed(suggestion.text, typed);
        return (
          // The keyboard chooses in the field.
          <li
            key={`${suggestion.kind}/${suggestion.product_id ?? suggestion.text}`}
            id={optionId(id, place)}
            ref={place === active ? scrollTo : undefined}
            role="option"
            aria-selected={place === active}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onChoose(suggestion)}
            className="flex min-h-11 cursor-pointer items-center gap-3 rounded-2xl px-3 py-2 hover:bg-sunken aria-selected:bg-accent-wash aria-selected:text-accent"
          >
            <Icon name={icon} className="size-4.5 text-ink-soft" />
            <span className="line-clamp-2 min-w-0 grow [overflow-wrap:anywhere]">
              <span className="font-semibold">{before}</span>
              {same}
              <span className="font-semibold">{after}</span>
            </span>
            {name && <span className="shrink-0 text-xs text-ink-soft">{name}</span>}
          </li>
        );
      })}
    </ul>
  );
}

/** The browser does not know that an option is looked at that has no focus. */
function scrollTo(option: HTMLElement | null): void {
  option?.scrollIntoView({ block: "nearest" });
}

export function optionId(list: string, place: number): string {
  return `${list}-${place}`;
}
