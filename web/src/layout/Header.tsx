import { Link, NavLink, useLocation } from "react-router";
import { SearchBar } from "../search/SearchBar";
import { searchPath } from "../state/searchUrl";
import { useSearchUrl } from "../state/useSearchUrl";
import { RESULTS, SkipLink } from "./SkipLink";
import { ThemeToggle } from "./ThemeToggle";

/** The name, the search field where the page has none of its own, and the ways elsewhere. */
export function Header() {
  const { pathname } = useLocation();
  const [state] = useSearchUrl();
  const home = pathname === "/";
  const comparing = pathname === "/compare";
  const words = state.query ? { ...state, like: "", image: "", page: 1 } : null;
  return (
    <header className={home ? "" : "sticky top-0 z-20 border-b border-line bg-page/90 backdrop-blur-md"}>
      <div className="mx-auto flex w-full max-w-[90rem] flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5 sm:gap-x-6 sm:gap-y-3 sm:px-8 sm:py-3.5 lg:gap-x-12">
        <Link to="/" aria-label="Vitrine, go to the first page" className="flex items-center gap-2.5 rounded-lg lg:w-56">
          <Mark />
          <span className="text-xl font-semibold tracking-[-0.03em] max-[22rem]:sr-only">Vitrine</span>
        </Link>
        {!home && (
          <div className="relative order-last w-full sm:order-none sm:w-auto sm:max-w-2xl sm:grow">
            <SearchBar path={comparing ? "/compare" : "/search"} images={!comparing} />
            {pathname === "/search" && (
              <SkipLink to={RESULTS} place="below">
                Skip to the results
              </SkipLink>
            )}
          </div>
        )}
        <nav aria-label="Main" className="ml-auto flex items-center text-sm sm:gap-1">
          {comparing && <NavItem to={words ? searchPath(words) : "/search"} text="Search" />}
          {!comparing && <NavItem to={words ? searchPath(words, "/compare") : "/compare"} text="Compare" />}
          <NavItem to="/about" text="About" />
          <ThemeToggle />
        </nav>
      </div>
    </header>
  );
}

function NavItem({ to, text }: { to: string; text: string }) {
  return (
    <NavLink
      to={to}
      className="rounded-full px-2 py-2 font-medium sm:px-3 text-ink-soft transition-colors hover:bg-sunken hover:text-ink aria-[current=page]:text-accent"
    >
      {text}
    </NavLink>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className="size-8 text-accent">
      <path d="M7 26V14.5a9 9 0 0 1 18 0V26M4.5 26h23" className="fill-none stroke-current" strokeWidth="2.4" strokeLinecap="round" />
      <circle cx="16" cy="18.5" r="3.6" className="fill-current" />
    </svg>
  );
}
