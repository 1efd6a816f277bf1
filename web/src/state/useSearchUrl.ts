import { useCallback, useMemo } from "react";
import { useLocation, useNavigate } from "react-router";
import { read, type SearchState, searchPath } from "./searchUrl";

interface Going {
  /** Another page than the one shown. */
  path?: string;
  /** A small change: no new entry in the history, and the page stays where it is scrolled to. */
  quietly?: boolean;
}

/** The search that the address describes, and a way to go to another one. */
export function useSearchUrl(): [SearchState, (state: SearchState, going?: Going) => void] {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const state = useMemo(() => read(new URLSearchParams(search)), [search]);
  const go = useCallback(
    (next: SearchState, { path = pathname, quietly = false }: Going = {}) =>
      void navigate(searchPath(next, path), { replace: quietly }),
    [navigate, pathname],
  );
  return [state, go];
}
