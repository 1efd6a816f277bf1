import type { ReactNode } from "react";
import type { SearchResponse } from "../api/client";
import { capitalised, count, duration, plural, version } from "../format";
import { catalogueOf, useModels } from "../state/models";
import { refine, type SearchState } from "../state/searchUrl";
import type { RequestState } from "../state/useRequest";
import { CataloguePicker } from "./CataloguePicker";
import { ShareSlider } from "./ShareSlider";
import { SortPicker } from "./SortPicker";

interface SummaryProps {
  state: SearchState;
  request: RequestState<SearchResponse>;
  onChange: (state: SearchState, quietly?: boolean) => void;
  children: ReactNode;
}

/** The query, the number of its results, and the catalogue that they are from. */
export function Summary({ state, request, onChange, children }: SummaryProps) {
  const { data, stale, slow, problem } = request;
  const { data: models } = useModels();
  const whole = catalogueOf(models, state.catalogue)?.facets;
  const fresh = data && !stale && !problem ? data : null;
  return (
    <div className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-[-0.02em] text-balance [overflow-wrap:anywhere]">{heading(state)}</h1>
        <div className="mt-1 flex min-h-5 flex-wrap items-baseline gap-x-3 text-sm text-ink-soft">
          <p role="status">{fresh ? found(fresh) : slow ? "Searching…" : ""}</p>
          {fresh && <Answered response={fresh} />}
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-3">
        {state.image && state.query && (
          <ShareSlider share={state.share} onChange={(share) => onChange(refine(state, { share }), true)} />
        )}
        {!state.like && (
          <CataloguePicker
            value={state.catalogue}
            onChange={(catalogue) => onChange(refine(state, { catalogue, filters: { ...state.filters, category: [], brand: [], color: [], attributes: {} } }))}
          />
        )}
        <SortPicker value={state.sort} facets={whole} onChange={(sort) => onChange(refine(state, { sort }))} />
        {children}
      </div>
    </div>
  );
}

function heading(state: SearchState): string {
  if (state.image) return state.query ? `Like your image, and “${state.query}”` : "Like your image";
  return state.like ? "More like this" : state.query;
}

export function found(response: SearchResponse): string {
  const { total, offset, results, matching } = response;
  if (response.junk) return "Not searched";
  if (total === 0) return "No results";
  if (results.length === 0) return `No more than ${plural(total, "result")}`;
  // A search ranks a bounded number of products: of a broad one they are not all.
  const all = matching && matching > total ? `the ${count(total)} best of ${plural(matching, "result")}` : plural(total, "result");
  if (results.length === total) return capitalised(all);
  return `${count(offset + 1)}–${count(offset + results.length)} of ${all}`;
}

const REASONS: Partial<Record<SearchResponse["route"]["reason"], string>> = {
  routed: "fits best",
  all: "together",
  experiment: "experiment",
};

function Answered({ response }: { response: SearchResponse }) {
  const { route, versions, took_ms, experiment } = response;
  const reason = REASONS[route.reason];
  const models = Object.entries(versions).map(([name, number]) => `${name}, version ${version(number)}`);
  return (
    <p className="text-xs tabular-nums text-ink-soft" title={models.join("; ")}>
      {route.catalogues.join(" + ")}
      {reason && ` (${experiment ? `arm ${experiment.arm}` : reason})`} · {duration(took_ms)}
    </p>
  );
}
