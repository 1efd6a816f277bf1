import type { MouseEvent, ReactNode } from "react";

/** The ids of the places that one can skip to. Each has a tabindex. */
export const MAIN = "main";
export const RESULTS = "results";

/** A link to a place further down, which is seen while it has the focus. The address stays that of the search. */
export function SkipLink({ to, children }: { to: string; children: ReactNode }) {
  const skip = (event: MouseEvent) => {
    const place = document.getElementById(to);
    if (!place) return;
    event.preventDefault();
    place.focus();
  };
  return (
    <a
      href={`#${to}`}
      onClick={skip}
      className="sr-only z-50 rounded-full bg-accent px-5 py-2.5 font-medium text-on-accent focus:not-sr-only focus:absolute focus:left-4 focus:top-3"
    >
      {children}
    </a>
  );
}
