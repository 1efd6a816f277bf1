import { type KeyboardEvent, useCallback } from "react";
import { isShortcut } from "../state/shortcuts";

const ALONG: Record<string, number> = { ArrowRight: 1, j: 1, ArrowLeft: -1, k: -1 };
const ACROSS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

/** Arrows, or j and k, move between results while one has the focus; w asks why. */
export function useGridKeys(onWhy: (rank: number) => void) {
  return useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      if (!isShortcut(event) || event.shiftKey) return;
      const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-result]")];
      const here = links.findIndex((link) => link === event.target);
      const current = links[here];
      if (!current) return;
      const across = ACROSS[event.key];
      const step = across === undefined ? ALONG[event.key] : across * columns(links);
      if (step !== undefined) {
        event.preventDefault();
        links[here + step]?.focus();
      } else if (event.key === "w") {
        event.preventDefault();
        onWhy(Number(current.dataset.result));
      }
    },
    [onWhy],
  );
}

/** How many results stand beside each other, as they are laid out now. */
function columns(links: HTMLElement[]): number {
  const tops = links.map((link) => link.closest("li")?.offsetTop);
  const next = tops.findIndex((top) => top !== tops[0]);
  return next === -1 ? links.length : next;
}
