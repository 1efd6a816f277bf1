import { Link } from "react-router";
import type { Schemas } from "../api/client";
import { change, type SearchState, searchPath } from "../state/searchUrl";

interface RewritingProps {
  state: SearchState;
  rewritten: Schemas["Rewritten"];
}

/** What was asked instead, and the way back to what was typed. */
export function Rewriting({ state, rewritten }: RewritingProps) {
  const corrected = <em className="font-semibold not-italic text-ink">{rewritten.query}</em>;
  return (
    <p className="arrive mb-6 rounded-2xl bg-accent-wash px-4 py-3 text-sm text-ink-soft">
      Showing results for {corrected}. Search instead for{" "}
      <Link to={searchPath(change(state, { exact: true }))} className="rounded font-medium text-accent underline">
        {state.query}
      </Link>
    </p>
  );
}
