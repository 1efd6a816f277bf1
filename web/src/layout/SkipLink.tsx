import type { MouseEvent, ReactNode } from "react";

/** The ids of the places that one can skip to. Each has a tabindex. */
export const MAIN = "main";
export const RESULTS = "results";

/** A link to something further down, which is seen while it has the focus, at the top of the page or below what it follows. The address stays that of the search. */
export function SkipLink({ to, place, children }: { to: string; place: "top" | "below"; children: ReactNode }) {
  const skip = (event: MouseEvent) => {
    const target = document.getElementById(to);
    if (!target) return;
    event.preventDefault();
    target.focus();
  };
  return (
    <a
      href={`#${to}`}
      onClick={skip}
      className={`sr-only z-50 rounded-full bg-accent font-medium text-on-accent focus:not-sr-only focus:absolute focus:left-4 focus:px-5 focus:py-2.5 ${place === "top" ? "focus:top-3" : "focus:top-full focus:mt-2"}`}
    >
      {children}
    </a>
  );
}
