import { type FormEvent, useId, useState } from "react";
import { addSynonym } from "../api/insights";
import { sentence } from "../format";
import { Button } from "../ui/Button";

/** A button that opens a field for the words that are to replace a query. */
export function SynonymForm({ words }: { words: string }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [replacement, setReplacement] = useState("");
  const [added, setAdded] = useState("");
  const [wrong, setWrong] = useState("");
  const [waiting, setWaiting] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrong("");
    setWaiting(true);
    addSynonym(words, replacement.trim())
      .then(
        () => setAdded(replacement.trim()),
        (error: Error) => setWrong(sentence(error.message)),
      )
      .finally(() => setWaiting(false));
  };
  if (added)
    return (
      <span role="status" className="text-ink-soft">
        now “{added}”
      </span>
    );
  if (!open)
    return (
      <Button look="quiet" className="whitespace-nowrap" aria-label={`Add a synonym for ${words}`} onClick={() => setOpen(true)}>
        Add a synonym
      </Button>
    );
  return (
    <form onSubmit={submit} className="flex flex-wrap items-center justify-end gap-2">
      <label htmlFor={id} className="sr-only">
        Words to search for instead of {words}
      </label>
      <input
        id={id}
        autoFocus
        required
        maxLength={200}
        placeholder="search instead for"
        value={replacement}
        onChange={(event) => setReplacement(event.target.value)}
        aria-invalid={Boolean(wrong)}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        className="w-40 rounded-full border border-line-strong/60 bg-surface px-3 py-1.5 text-ink"
      />
      <Button type="submit" look="solid" disabled={waiting}>
        Add
      </Button>
      {wrong && (
        <p id={`${id}-wrong`} role="alert" className="basis-full text-danger">
          {wrong}
        </p>
      )}
    </form>
  );
}
