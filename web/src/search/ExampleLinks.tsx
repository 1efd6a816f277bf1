import { Link } from "react-router";
import { catalogueOf, useModels } from "../state/models";
import { newSearch, searchPath } from "../state/searchUrl";
import { useSearchUrl } from "../state/useSearchUrl";
import { examples } from "./examples";

/** Searches that the catalogue answers. */
export function ExampleLinks({ path = "/search" }: { path?: string }) {
  const [state] = useSearchUrl();
  const { data } = useModels();
  const facets = catalogueOf(data, state.catalogue)?.facets;
  return (
    <ul aria-label="Examples" className="flex flex-wrap justify-center gap-2">
      {facets &&
        examples(facets).map((query) => (
          <li key={query}>
            <Link
              to={searchPath(newSearch(state, { query }), path)}
              className="inline-block rounded-full border border-line bg-surface px-3.5 py-1.5 text-sm text-ink hover:border-accent hover:text-accent"
            >
              {query}
            </Link>
          </li>
        ))}
    </ul>
  );
}
