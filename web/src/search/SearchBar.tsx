import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { newSearch, type SearchState } from "../state/searchUrl";
import { useSearchUrl } from "../state/useSearchUrl";
import { Icon } from "../ui/Icon";
import { LikeChip, ImageChip } from "./Chips";
import { ImageMenu } from "./ImageMenu";

interface SearchBarProps {
  /** Where the answers are shown. */
  path: "/search" | "/compare";
  /** On the first page there is room, and the field has the focus. */
  large?: boolean;
  images?: boolean;
}

export function SearchBar({ path, large = false, images = true }: SearchBarProps) {
  const [state, go] = useSearchUrl();
  const [words, setWords] = useState(state.query);
  const [likeImage, setLikeImage] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setWords(state.query), [state.query]);

  const send = (fields: Partial<SearchState>) => go(newSearch(state, fields), { path });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const query = words.trim();
    const image = (images && (state.image || (query && likeImage))) || "";
    if (!query && !image) return field.current?.focus();
    send({ query, image, share: state.share });
    // A keyboard on the screen would hide what was found.
    if (matchMedia("(pointer: coarse)").matches) field.current?.blur();
  };
  const shown = images && (state.image || state.like);

  return (
    <search className="relative block w-full">
      <form
        onSubmit={submit}
        className={`flex items-center gap-1 rounded-full border border-line-strong/60 bg-surface pl-4 shadow-rest transition focus-within:border-accent focus-within:shadow-lift ${large ? "h-16 pr-2 sm:text-lg" : "h-12 pr-1.5"}`}
      >
        {shown ? (
          <span className="-ml-2.5 mr-1 flex shrink-0">
            {state.image ? (
              <ImageChip name={state.image} onRemove={() => send({ query: state.query })} />
            ) : (
              <LikeChip state={state} onImage={setLikeImage} onRemove={() => send({ query: state.query })} />
            )}
          </span>
        ) : (
          <Icon name="search" className={`mr-2 text-ink-soft ${large ? "size-6" : "size-5"}`} />
        )}
        <input
          ref={field}
          type="search"
          name="q"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={toResults}
          aria-label="Search for products"
          aria-keyshortcuts="/"
          placeholder={shown ? "…but in blue" : "What are you looking for?"}
          autoFocus={large && matchMedia("(pointer: fine)").matches}
          autoComplete="off"
          maxLength={1000}
          enterKeyHint="search"
          className="h-full min-w-0 grow bg-transparent outline-none [&::-webkit-search-cancel-button]:hidden"
        />
        {/* The button that opens the image menu lies over this room. */}
        {images && <span className={large ? "w-12 shrink-0" : "w-10 shrink-0"} />}
        <button
          type="submit"
          className={`inline-flex shrink-0 items-center justify-center rounded-full bg-accent font-medium text-on-accent transition-colors hover:bg-accent-strong ${large ? "h-12 w-12 text-base sm:w-24" : "size-9 text-sm sm:w-20"}`}
        >
          <Icon name="search" className="size-5 sm:hidden" />
          <span className="max-sm:sr-only">Search</span>
        </button>
      </form>
      {images && <ImageMenu large={large} />}
    </search>
  );
}

/** Down from the field to the first result, past everything between. */
function toResults(event: KeyboardEvent): void {
  const first = event.key === "ArrowDown" ? document.querySelector<HTMLElement>("[data-result]") : null;
  if (!first) return;
  event.preventDefault();
  first.focus();
}
