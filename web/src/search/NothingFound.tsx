import type { Result, SearchResponse } from "../api/client";
import { ResultGrid } from "../results/ResultGrid";
import { hasFilters, NO_FILTERS, refine, type SearchState } from "../state/searchUrl";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { ExampleLinks } from "./ExampleLinks";
import { withoutDropped } from "./withoutDropped";

interface NothingFoundProps {
  state: SearchState;
  response: SearchResponse;
  onChange: (state: SearchState) => void;
  onSimilar: (result: Result) => void;
}

/** What the page shows in place of results: never only that there are none. */
export function NothingFound({ state, response, onChange, onSimilar }: NothingFoundProps) {
  const { junk, message, nearby } = response;
  if (junk)
    return (
      <Notice icon="why" title={state.image ? "No product found in this image" : `No meaning found in “${state.query}”`}>
        <p>{message}</p>
        <Button look="solid" onClick={() => onChange(refine(state, { anyway: true }))}>
          Search anyway
        </Button>
        {!state.image && <ExampleLinks />}
      </Notice>
    );
  if (nearby)
    return (
      <>
        <div className="arrive mb-8 flex flex-wrap items-center gap-x-5 gap-y-3 rounded-2xl bg-accent-wash px-4 py-4">
          <p className="min-w-0 grow text-pretty">{message}</p>
          <Button onClick={() => onChange(withoutDropped(state, nearby.dropped))}>
            Search without {nearby.dropped.length === 1 ? "it" : "them"}
          </Button>
        </div>
        <h2 className="mb-4 text-lg font-semibold tracking-tight">What is near</h2>
        <ResultGrid response={{ ...response, results: nearby.results }} onSimilar={onSimilar} label="What is near" level={3} />
      </>
    );
  return (
    <Notice icon="search" title="Nothing found">
      <p>{state.minScore > 0 && !hasFilters(state) ? "No result has a score this high." : message}</p>
      {state.page > 1 && <Button onClick={() => onChange(refine(state, {}))}>Go to the first page</Button>}
      {(hasFilters(state) || state.minScore > 0) && (
        <Button onClick={() => onChange(refine(state, { filters: NO_FILTERS, minScore: 0 }))}>Clear the filters</Button>
      )}
    </Notice>
  );
}
