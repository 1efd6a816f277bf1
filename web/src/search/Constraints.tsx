import { Link } from "react-router";
import type { Schemas } from "../api/client";
import { price } from "../format";
import { refine, type SearchState, searchPath } from "../state/searchUrl";

interface ConstraintsProps {
  state: SearchState;
  constraints: Schemas["Constraint"][];
}

/** The filters that words of the query became, and the way to search for these words instead. */
export function Constraints({ state, constraints }: ConstraintsProps) {
  return (
    <p className="arrive mb-6 rounded-2xl bg-accent-wash px-4 py-3 text-sm text-ink-soft">
      Only products{" "}
      {constraints.map((constraint, place) => (
        <span key={`${place} ${constraint.words}`}>
          {place > 0 && ", "}
          <em className="font-semibold not-italic text-ink">{meaning(constraint)}</em> (“{constraint.words}”)
        </span>
      ))}
      .{" "}
      <Link to={searchPath(refine(state, { literal: true }))} className="rounded font-medium text-accent underline">
        Search for these words instead
      </Link>
    </p>
  );
}

export function meaning({ kind, price_min: low = null, price_max: high = null, value }: Schemas["Constraint"]): string {
  if (kind === "exclusion") return `without “${value}”`;
  const [from, to] = [low === null ? "" : `from ${price(low)}`, high === null ? "" : `up to ${price(high)}`];
  return [from, to].filter(Boolean).join(" ");
}
