import { useEffect, useState } from "react";
import { suggest, type Suggestion } from "../api/suggest";

const PAUSE_MS = 90;
const LONGEST = 200;
const KEPT = 100;

const NONE: Suggestion[] = [];
const kept = new Map<string, Suggestion[]>();

/**
 * The suggestions for what is being typed; null asks for none. Those of before stay until the new ones are there. Without
 * an answer there are none: one can search all the same.
 */
export function useSuggestions(typed: string | null, catalogue: string): Suggestion[] {
  const [found, setFound] = useState(NONE);
  useEffect(() => {
    const text = typed?.trimStart() ?? "";
    if (!text || text.length > LONGEST) return setFound(NONE);
    const key = `${catalogue}\n${text}`;
    const known = kept.get(key);
    if (known) return setFound(known);
    const controller = new AbortController();
    const timer = setTimeout(() => {
      suggest(text, catalogue, controller.signal).then(
        (suggestions) => {
          if (controller.signal.aborted) return;
          if (kept.size >= KEPT) kept.clear();
          kept.set(key, suggestions);
          setFound(suggestions);
        },
        () => !controller.signal.aborted && setFound(NONE),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [typed, catalogue]);
  return found;
}
