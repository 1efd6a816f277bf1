import { type ReactNode, useCallback, useState } from "react";
import type { Result, SearchResponse } from "../api/client";
import type { Asked } from "../api/explain";
import { ResultCard } from "./ResultCard";
import { useGridKeys } from "./useGridKeys";
import { ReasonPanel } from "./ReasonPanel";

interface ResultGridProps {
  response: SearchResponse;
  /** What was asked for, if the results can be explained by it. */
  asked?: Asked | undefined;
  onSimilar: (result: Result) => void;
  /** Whether a newer answer is on its way. */
  stale?: boolean;
  label: string;
  /** The level of the results' headings. */
  level?: 2 | 3;
}

export function ResultGrid({ response, asked, onSimilar, stale = false, label, level = 2 }: ResultGridProps) {
  const [why, setWhy] = useState<Result | null>(null);
  const explain = useCallback(
    (rank: number) => setWhy(response.results.find((result) => result.rank === rank) ?? null),
    [response],
  );
  const onKeyDown = useGridKeys(explain);
  const named = response.route.catalogues.length > 1;
  return (
    <>
      <Grid label={label} stale={stale} onKeyDown={onKeyDown}>
        {response.results.map((result) => (
          <li key={`${result.catalogue}/${result.product_id}`} className="arrive">
            <ResultCard
              result={result}
              requestId={response.request_id}
              named={named}
              level={level}
              onWhy={() => setWhy(result)}
              onSimilar={() => onSimilar(result)}
            />
          </li>
        ))}
      </Grid>
      {why && (
        <ReasonPanel
          result={why}
          kind={response.kind}
          asked={asked}
          onClose={() => setWhy(null)}
          onSimilar={() => onSimilar(why)}
        />
      )}
    </>
  );
}

interface GridProps {
  label?: string;
  stale?: boolean;
  onKeyDown?: (event: React.KeyboardEvent<HTMLElement>) => void;
  children: ReactNode;
}

function Grid({ label, stale = false, onKeyDown, children }: GridProps) {
  return (
    <ul
      aria-label={label}
      aria-busy={stale}
      onKeyDown={onKeyDown}
      className={`grid grid-cols-2 gap-x-4 gap-y-8 transition-opacity duration-300 sm:grid-cols-[repeat(auto-fill,minmax(12.5rem,1fr))] sm:gap-x-6 ${stale ? "opacity-50" : ""}`}
    >
      {children}
    </ul>
  );
}

/** The shape of results that are not there yet. */
export function ResultSkeletons({ number }: { number: number }) {
  return (
    <div aria-hidden="true">
      <Grid>
        {Array.from({ length: number }, (_, at) => (
          <li key={at} className="breathe">
            <div className="aspect-square rounded-2xl bg-sunken" />
            <div className="mt-4 h-3 w-1/3 rounded-full bg-sunken" />
            <div className="mt-3 h-4 w-4/5 rounded-full bg-sunken" />
            <div className="mt-3 h-3 w-1/2 rounded-full bg-sunken" />
          </li>
        ))}
      </Grid>
    </div>
  );
}
