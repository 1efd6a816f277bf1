import { type FormEvent, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import type { Suggestion } from "../api/suggest";
import { newSearch, productPath, type SearchState } from "../state/searchUrl";
import { useSearchUrl } from "../state/useSearchUrl";
import { Icon } from "../ui/Icon";
import { LikeChip, ImageChip } from "./Chips";
import { ImageMenu } from "./ImageMenu";
import { SearchField } from "./SearchField";

interface SearchBarProps {
  /** Where the answers are shown. */
  path: "/search" | "/compare";
  /** On the first page there is room, and the field has the focus. */
  large?: boolean;
  images?: boolean;
}

export function SearchBar({ path, large = false, images = true }: SearchBarProps) {
  const [state, go] = useSearchUrl();
  const navigate = useNavigate();
  const [words, setWords] = useState(state.query);
  const [likeImage, setLikeImage] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setWords(state.query), [state.query]);

  const send = (fields: Partial<SearchState>) => go(newSearch(state, fields), { path });
  const searchFor = (query: string) => {
    const image = (images && (state.image || (query && likeImage))) || "";
    if (!query && !image) return field.current?.focus();
    send({ query, image, share: state.share });
    // A keyboard on the screen would hide what was found.
    if (matchMedia("(pointer: coarse)").matches) field.current?.blur();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    searchFor(words.trim());
  };
  const choose = ({ text, catalogue, product_id: id }: Suggestion) => {
    if (id) return void navigate(productPath(id, catalogue));
    setWords(text);
    searchFor(text);
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
        <SearchField
          field={field}
          words={words}
          catalogue={state.catalogue}
          placeholder={shown ? "…but in blue" : "What are you looking for?"}
          autoFocus={large && matchMedia("(pointer: fine)").matches}
          onWords={setWords}
          onChoose={choose}
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
