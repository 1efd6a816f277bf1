import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { ApiProblem } from "../api/problems";
import { openSession } from "../api/session";
import { sentence } from "../format";
import { Button } from "./Button";

/** A form for the API key. Once a key is accepted, requests that were refused without one are sent again. */
export function KeyForm() {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [key, setKey] = useState("");
  const [wrong, setWrong] = useState("");
  const [waiting, setWaiting] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrong("");
    setWaiting(true);
    openSession(key.trim())
      .catch((error: unknown) => setWrong(reason(error)))
      .finally(() => setWaiting(false));
  };
  return (
    <form onSubmit={submit}>
      <p id={`${id}-hint`}>Ask the operator for one. This browser keeps it for 30 days, or until “Forget the key” at the foot of the page.</p>
      <div className="mt-5 flex flex-wrap items-center justify-center gap-2">
        <label htmlFor={id} className="text-sm font-medium text-ink">
          Key
        </label>
        <input
          ref={field}
          id={id}
          type="password"
          required
          autoComplete="current-password"
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-invalid={Boolean(wrong)}
          aria-describedby={wrong ? `${id}-wrong` : `${id}-hint`}
          className="w-52 rounded-full border border-line-strong/60 bg-surface px-4 py-2 text-sm text-ink"
        />
        <Button type="submit" look="solid" disabled={waiting}>
          Continue
        </Button>
      </div>
      {wrong && (
        <p id={`${id}-wrong`} role="alert" className="mt-3 text-sm text-danger">
          {wrong}
        </p>
      )}
    </form>
  );
}

function reason(error: unknown): string {
  if (!(error instanceof ApiProblem)) return String(error);
  return error.kind === "key" ? "This key is not accepted." : sentence(error.message);
}
