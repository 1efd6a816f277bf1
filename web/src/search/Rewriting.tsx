import { Link } from "react-router";
import type { Schemas } from "../api/client";
import { refine, type SearchState, searchPath } from "../state/searchUrl";

interface RewritingProps {
  state: SearchState;
  rewritten: Schemas["Rewritten"];
}

/** The rewritten query, and a link to the results of the query as typed. */
export function Rewriting({ state, rewritten }: RewritingProps) {
  const corrected = <em className="font-semibold not-italic text-ink">{rewritten.query}</em>;
  return (
    <p className="arrive mb-6 rounded-2xl bg-accent-wash px-4 py-3 text-sm text-ink-soft">
      Showing results for {corrected}. Search instead for{" "}
      <Link to={searchPath(refine(state, { exact: true }))} className="rounded font-medium text-accent underline">
        {state.query}
      </Link>
    </p>
  );
}
