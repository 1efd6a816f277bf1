import { type FormEvent, useEffect, useState } from "react";
import type { End } from "../state/searchUrl";

interface RangeFieldProps {
  title: string;
  type: "number" | "date";
  /** The least number that can be asked for, if there is one. */
  least?: number;
  min: End | null;
  max: End | null;
  /** The ends of what was found, shown where nothing is typed. */
  hints: [string, string];
  /** The names of the two fields, and of the button that applies them. */
  labels: [string, string, string];
  onChange: (min: End | null, max: End | null) => void;
}

/** Two numbers or dates, either of which may be left open. */
export function RangeField({ title, type, least, min, max, hints, labels, onChange }: RangeFieldProps) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  useEffect(() => setFrom(min === null ? "" : String(min)), [min]);
  useEffect(() => setTo(max === null ? "" : String(max)), [max]);
  const parsed = (text: string): End | null => {
    if (type === "date") return text || null;
    const value = Number.parseFloat(text);
    return Number.isFinite(value) && (least === undefined || value >= least) ? value : null;
  };
  const apply = (event?: FormEvent) => {
    event?.preventDefault();
    const [low, high] = [parsed(from), parsed(to)];
    const [first, last] = low !== null && high !== null && low > high ? [high, low] : [low, high];
    if (first !== min || last !== max) onChange(first, last);
  };
  const field = (label: string, value: string, set: (value: string) => void, hint: string) => (
    <input
      type={type}
      inputMode={type === "number" ? "decimal" : undefined}
      min={least}
      step={type === "number" ? "any" : undefined}
      aria-label={label}
      value={value}
      placeholder={hint}
      onChange={(event) => set(event.target.value)}
      onBlur={() => apply()}
      className="w-full min-w-0 rounded-xl border border-line-strong/60 bg-surface px-3 py-1.5 text-sm tabular-nums [appearance:textfield] [&::-webkit-inner-spin-button]:appearance-none"
    />
  );
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{title}</legend>
      <form onSubmit={apply} className={type === "date" ? "space-y-1.5" : "flex items-center gap-2"}>
        {field(labels[0], from, setFrom, hints[0])}
        {type === "number" && (
          <span aria-hidden="true" className="text-ink-soft">
            –
          </span>
        )}
        {field(labels[1], to, setTo, hints[1])}
        <button type="submit" className="sr-only">
          {labels[2]}
        </button>
      </form>
    </fieldset>
  );
}
