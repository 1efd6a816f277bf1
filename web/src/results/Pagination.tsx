import { Link } from "react-router";
import { type SearchState, searchPath } from "../state/searchUrl";
import { Icon } from "../ui/Icon";

const LIMIT = 10_000; // of the offset that the API takes

export function Pagination({ state, total }: { state: SearchState; total: number }) {
  const pages = Math.ceil(Math.min(total, LIMIT) / state.k);
  if (pages < 2) return null;
  const to = (page: number) => searchPath({ ...state, page });
  const shape = "grid h-10 min-w-10 place-items-center rounded-full px-2 text-sm tabular-nums transition-colors";
  return (
    <nav aria-label="Pages" className="mt-14 flex flex-wrap items-center justify-center gap-1">
      {state.page > 1 && (
        <Link to={to(state.page - 1)} aria-label="Previous page" className={`${shape} hover:bg-sunken`}>
          <Icon name="left" />
        </Link>
      )}
      {around(state.page, pages).map((page, at) =>
        page === null ? (
          <span key={`gap-${at}`} className="px-1 text-ink-soft">
            …
          </span>
        ) : (
          <Link
            key={page}
            to={to(page)}
            aria-label={`Page ${page}`}
            aria-current={page === state.page ? "page" : undefined}
            className={`${shape} ${page === state.page ? "bg-accent font-semibold text-on-accent" : "hover:bg-sunken"}`}
          >
            {page}
          </Link>
        ),
      )}
      {state.page < pages && (
        <Link to={to(state.page + 1)} aria-label="Next page" className={`${shape} hover:bg-sunken`}>
          <Icon name="right" />
        </Link>
      )}
    </nav>
  );
}

/** First, last, and those near; null for what is left out between them. */
function around(page: number, pages: number): (number | null)[] {
  const shown = Array.from({ length: pages }, (_, at) => at + 1).filter(
    (number) => number === 1 || number === pages || Math.abs(number - page) <= 2,
  );
  return shown.flatMap((number, at) => (at > 0 && number - (shown[at - 1] ?? number) > 1 ? [null, number] : [number]));
}
