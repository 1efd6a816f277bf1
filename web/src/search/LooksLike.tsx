import type { Schemas } from "../api/client";
import { capitalised, percent } from "../format";
import { refine, type SearchState } from "../state/searchUrl";
import { Icon } from "../ui/Icon";
import { seen } from "./seen";

interface LooksLikeProps {
  state: SearchState;
  categories: Schemas["PredictedCategory"][];
  onChange: (state: SearchState) => void;
}

/** What the image shows, as categories that can be filters. */
export function LooksLike({ state, categories, onChange }: LooksLikeProps) {
  const shown = seen(categories);
  if (shown.length === 0) return null;
  const chosen = state.filters.category;
  const choose = (category: string[]) => onChange(refine(state, { filters: { ...state.filters, category } }));
  return (
    <div className="mb-5 flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
      <p id="looks-like" className="text-ink-soft">
        Looks like
      </p>
      <ul aria-labelledby="looks-like" className="flex min-w-0 flex-wrap gap-2">
        {shown.map(({ category, probability }) => {
          const pressed = chosen.includes(category);
          return (
            <li key={category} className="max-w-full">
              <button
                type="button"
                aria-pressed={pressed}
                title={pressed ? "Show all categories again" : "Show only this category"}
                onClick={() => choose(pressed ? chosen.filter((other) => other !== category) : [...chosen, category])}
                className={`inline-flex max-w-full items-center gap-2 rounded-full border py-1.5 pr-3.5 transition-colors ${
                  pressed
                    ? "border-accent bg-accent-wash pl-2.5 text-accent"
                    : "border-line bg-surface pl-3.5 hover:border-accent hover:text-accent"
                }`}
              >
                {pressed && <Icon name="check" className="size-4" />}
                <span className="truncate font-medium">{capitalised(category)}</span>
                <span className={`text-xs tabular-nums ${pressed ? "" : "text-ink-soft"}`}>{percent(probability)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
