import { Link } from "react-router";
import type { Facets } from "../api/client";
import { capitalised, count, plural } from "../format";
import { examples } from "../search/examples";
import { SearchBar } from "../search/SearchBar";
import { Swatch } from "../search/Swatch";
import { catalogueOf, useModels } from "../state/models";
import { newSearch, searchPath, START } from "../state/searchUrl";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useTitle } from "../ui/useTitle";

const COLORS = 14;

export function HomePage() {
  const { data: models, problem, retry } = useModels();
  useTitle("");
  const facets = catalogueOf(models, "")?.facets;
  const total = models?.catalogues.reduce((sum, catalogue) => sum + catalogue.products, 0) ?? 0;
  return (
    <>
      <section className="relative isolate mx-auto flex max-w-3xl flex-col items-center pb-20 pt-[max(3rem,13vh)] text-center">
        <Arch />
        <h1 className="text-4xl font-semibold leading-[1.08] tracking-[-0.035em] text-balance sm:text-6xl">
          Say it, or show it.
        </h1>
        <p className="mb-9 mt-4 max-w-xl text-lg text-balance text-ink-soft">
          Search {total ? `${plural(total, "product")} ` : ""}by words, by an image, or by both: this one, but in blue.
        </p>
        <SearchBar path="/search" large />
        <div className="mt-6 min-h-9">{facets && <Examples facets={facets} />}</div>
      </section>
      {problem && <ProblemNotice problem={problem} retry={retry} />}
      {facets && <Index facets={facets} />}
    </>
  );
}

/** The window that gives the page its name. */
function Arch() {
  return (
    <svg
      viewBox="0 0 800 620"
      preserveAspectRatio="xMidYMin slice"
      aria-hidden="true"
      className="absolute -inset-x-4 top-6 sm:inset-x-0 -z-10 h-[calc(100%-3rem)] w-[calc(100%+2rem)] text-accent sm:w-full [mask-image:linear-gradient(#000_35%,transparent_92%)]"
    >
      <path d="M120 620V290a280 280 0 0 1 560 0v330Z" className="fill-accent-wash/70" />
      <path d="M140 620V290a260 260 0 0 1 520 0v330" className="fill-none stroke-accent/25" strokeWidth="1.2" />
    </svg>
  );
}

function Examples({ facets }: { facets: Facets }) {
  return (
    <p className="arrive flex flex-wrap items-center justify-center gap-2 text-sm">
      <span className="text-ink-soft">Try</span>
      {examples(facets).map((query) => (
        <Link
          key={query}
          to={searchPath(newSearch(START, { query }))}
          className="rounded-full border border-line bg-surface px-3.5 py-1.5 transition-colors hover:border-accent hover:text-accent"
        >
          {query}
        </Link>
      ))}
    </p>
  );
}

/** The catalogue at a glance. */
function Index({ facets }: { facets: Facets }) {
  const colors = facets.color.slice(0, COLORS);
  return (
    <section aria-labelledby="index" className="arrive mx-auto max-w-6xl border-t border-line pt-10">
      <h2 id="index" className="mb-5 text-sm font-semibold text-ink-soft">
        Categories
      </h2>
      <ul className="columns-2 gap-10 sm:columns-3 lg:columns-4">
        {facets.category.map(({ value, count: number }) => (
          <li key={value} className="break-inside-avoid">
            <Link
              to={searchPath(newSearch(START, { query: value }))}
              className="group flex items-baseline justify-between gap-3 border-b border-line/70 py-1.5 text-lg tracking-tight hover:text-accent"
            >
              {capitalised(value)}
              <span className="text-xs tabular-nums text-ink-soft">{count(number)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {colors.length > 0 && (
        <ul aria-label="Colours" className="mt-9 flex flex-wrap gap-2">
          {colors.map(({ value }) => (
            <li key={value}>
              <Link
                to={searchPath(newSearch(START, { query: value }))}
                className="flex items-center gap-2 rounded-full border border-line bg-surface py-1.5 pl-2.5 pr-3.5 text-sm transition-colors hover:border-accent"
              >
                <Swatch name={value} />
                {capitalised(value)}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
