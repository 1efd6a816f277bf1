import { type KeyboardEvent, type RefObject, useEffect, useId, useState } from "react";
import type { Suggestion } from "../api/suggest";
import { useModels } from "../state/models";
import { optionId, SuggestionList } from "./SuggestionList";
import { useSuggestions } from "./useSuggestions";

interface SearchFieldProps {
  field: RefObject<HTMLInputElement | null>;
  words: string;
  catalogue: string;
  placeholder: string;
  autoFocus: boolean;
  onWords: (words: string) => void;
  onChoose: (suggestion: Suggestion) => void;
}

/**
 * The field of a search, and suggestions while one types: a combobox with a list, of which one chooses by hand.
 * https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */
export function SearchField({ field, words, catalogue, placeholder, autoFocus, onWords, onChoose }: SearchFieldProps) {
  const id = useId();
  const { data: models } = useModels(); // without an answer to it, the server would refuse suggestions, too
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const suggestions = useSuggestions(open && models ? words : null, catalogue);
  useEffect(() => setActive(-1), [suggestions]);
  const shown = open && suggestions.length > 0;
  const current = shown ? suggestions[active] : undefined;

  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (suggestion: Suggestion) => {
    close();
    onChoose(suggestion);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (shown && step) {
      event.preventDefault();
      // Between the last option and the first, the field itself has its turn.
      setActive((before) => ((before + 1 + step + suggestions.length + 1) % (suggestions.length + 1)) - 1);
    } else if (shown && event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (event.key === "Enter") {
      close();
      if (!current) return;
      event.preventDefault();
      onChoose(current);
    } else if (event.key === "ArrowDown") toResults(event);
  };

  return (
    <>
      <input
        ref={field}
        type="text"
        inputMode="search"
        name="q"
        role="combobox"
        value={words}
        onChange={(event) => {
          setOpen(true);
          onWords(event.target.value);
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
        aria-label="Search for products"
        aria-keyshortcuts="/"
        aria-autocomplete="list"
        aria-expanded={shown}
        aria-controls={shown ? id : undefined}
        aria-activedescendant={current ? optionId(id, active) : undefined}
        placeholder={placeholder}
        autoFocus={autoFocus}
        autoComplete="off"
        maxLength={1000}
        enterKeyHint="search"
        className="h-full min-w-0 grow bg-transparent outline-none"
      />
      {shown && <SuggestionList id={id} suggestions={suggestions} typed={words} active={active} onChoose={choose} />}
    </>
  );
}

/** Down from the field to the first result, past everything between. */
function toResults(event: KeyboardEvent): void {
  const first = document.querySelector<HTMLElement>("[data-result]");
  if (!first) return;
  event.preventDefault();
  first.focus();
}
