import { useState } from "react";
import { search } from "../api/search";
import type { Result } from "../api/client";
import { RESULTS } from "../layout/SkipLink";
import { ResultGrid, ResultSkeletons } from "../results/ResultGrid";
import { Pagination } from "../results/Pagination";
import { ActiveFilters } from "../search/ActiveFilters";
import { Constraints } from "../search/Constraints";
import { FilterForm } from "../search/FilterForm";
import { LooksLike } from "../search/LooksLike";
import { NothingFound } from "../search/NothingFound";
import { Redirect } from "../search/Redirect";
import { Rewriting } from "../search/Rewriting";
import { Summary } from "../search/Summary";
import { isAddress } from "../state/queryImages";
import { newSearch, hasQuery, type SearchState } from "../state/searchUrl";
import { useRequest } from "../state/useRequest";
import { useQueryImage } from "../state/useQueryImage";
import { useSearchUrl } from "../state/useSearchUrl";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useTitle } from "../ui/useTitle";
import { EmptySearch } from "../search/EmptySearch";

export function SearchPage() {
  const [state, go] = useSearchUrl();
  const image = useQueryImage(state.image);
  const ready = hasQuery(state) && (!state.image || image.blob !== null);
  const request = useRequest(ready ? `search ${JSON.stringify(state)}` : null, (signal) => search(state, image.blob, signal));
  const { data, problem, stale, slow, retry } = request;
  const [filtering, setFiltering] = useState(false);
  useTitle(titleOf(state));

  if (!hasQuery(state)) return <EmptySearch />;
  if (image.problem)
    return (
      <Notice alert icon="image" title="The image is missing">
        <p>{image.problem}</p>
        {state.query && <Button onClick={() => go(newSearch(state, { query: state.query }))}>Search by words only</Button>}
      </Notice>
    );

  const asked = { query: state.query, image: image.blob, imageUrl: image.url, rewrite: !state.exact, interpret: !state.literal };
  const onChange = (next: SearchState, quietly = false) => go(next, { quietly });
  const onSimilar = (result: Result) => go(newSearch(state, { like: result.product_id, catalogue: result.catalogue }));
  const form = <FilterForm state={state} facets={data?.facets ?? null} onChange={onChange} />;
  return (
    <div className="grid gap-x-12 pt-7 lg:grid-cols-[14rem_minmax(0,1fr)]">
      <aside aria-label="Filters" className="hidden lg:block">
        <div className="sticky top-24 max-h-[calc(100dvh-7rem)] overflow-y-auto overscroll-contain pb-6 pl-2 pr-4" tabIndex={-1}>
          {!data?.junk && form}
        </div>
      </aside>
      <div id={RESULTS} tabIndex={-1} className="min-w-0 scroll-mt-32">
        <Summary state={state} request={request} onChange={onChange}>
          <Button className="lg:hidden" onClick={() => setFiltering(true)}>
            <Icon name="filter" className="size-4" />
            Filters
          </Button>
        </Summary>
        {state.image && !isAddress(state.image) && (
          <p className="-mt-3 mb-5 text-xs text-ink-soft">
            The image stays on this device: a link to this search does not include it.
          </p>
        )}
        {state.image && data && !problem && <LooksLike state={state} categories={data.categories} onChange={onChange} />}
        <ActiveFilters state={state} onChange={onChange} />
        {problem ? (
          <ProblemNotice problem={problem} retry={retry} />
        ) : data && !(stale && slow && data.results.length === 0) ? (
          <>
            {data.constraints.length > 0 && !stale && <Constraints state={state} constraints={data.constraints} />}
            {data.redirect && !stale && <Redirect address={data.redirect} />}
            {data.rewritten && !stale && <Rewriting state={state} rewritten={data.rewritten} />}
            {data.results.length > 0 ? (
              <>
                <ResultGrid
                  response={data}
                  asked={state.like ? undefined : asked}
                  stale={stale && slow}
                  onSimilar={onSimilar}
                  label="Results"
                />
                {!stale && <Pagination state={state} total={data.total} />}
              </>
            ) : (
              !stale && <NothingFound state={state} response={data} onChange={onChange} onSimilar={onSimilar} />
            )}
          </>
        ) : (
          slow && <ResultSkeletons number={Math.min(state.k, 12)} />
        )}
      </div>
      {filtering && (
        <Panel title="Filters" onClose={() => setFiltering(false)}>
          {form}
          <div className="sticky bottom-0 -mx-6 -mb-6 mt-8 border-t border-line bg-raised p-4">
            <Button look="solid" className="w-full" onClick={() => setFiltering(false)}>
              Show {data ? data.total : ""} results
            </Button>
          </div>
        </Panel>
      )}
    </div>
  );
}

function titleOf(state: SearchState): string {
  if (state.query) return state.query;
  if (state.image) return "Search by image";
  return state.like ? "More like this" : "Search";
}
