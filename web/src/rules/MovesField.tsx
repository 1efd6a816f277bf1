import { useId, useState } from "react";
import type { Move } from "../api/rules";
import { Button } from "../ui/Button";
import { INPUT } from "./Field";

type Attribute = "brand" | "category" | "color";
const NAMES: Record<Attribute, string> = { brand: "Brand", category: "Category", color: "Colour" };

interface MovesFieldProps {
  title: string;
  moves: Move[];
  onChange: (moves: Move[]) => void;
}

/** The products that are moved up or down, by brand, category or colour. */
export function MovesField({ title, moves, onChange }: MovesFieldProps) {
  const id = useId();
  const [attribute, setAttribute] = useState<Attribute>("brand");
  const [value, setValue] = useState("");
  const add = () => {
    if (!value.trim()) return;
    const none = { product_id: [], brand: [], category: [], color: [], price_min: null, price_max: null, in_stock: false };
    onChange([...moves, { ...none, [attribute]: [value.trim()], by: 0.5 }]);
    setValue("");
  };
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm text-ink-soft">{title}</legend>
      <ul>
        {moves.map((move, place) => (
          <li key={place} className="mb-2 flex items-center gap-3 text-sm">
            <span className="grow [overflow-wrap:anywhere]">{described(move)}</span>
            <label className="flex items-center gap-2 text-ink-soft">
              by
              <input
                type="range"
                min={0.25}
                max={3}
                step={0.25}
                value={move.by}
                aria-valuetext={`${move.by} standard deviations`}
                onChange={(event) => onChange(moves.map((each, at) => (at === place ? { ...each, by: event.target.valueAsNumber } : each)))}
                className="w-24 accent-accent"
              />
              <span className="w-12 tabular-nums">{move.by} σ</span>
            </label>
            <Button look="quiet" aria-label={`Remove ${described(move)}`} onClick={() => onChange(moves.filter((_, at) => at !== place))}>
              Remove
            </Button>
          </li>
        ))}
      </ul>
      <div className="flex gap-2">
        <label htmlFor={`${id}-attribute`} className="sr-only">
          {title}: attribute
        </label>
        <select
          id={`${id}-attribute`}
          value={attribute}
          onChange={(event) => setAttribute(event.target.value as Attribute)}
          className="rounded-full border border-line-strong/60 bg-surface px-3 py-2 text-sm"
        >
          {Object.entries(NAMES).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
        <label htmlFor={`${id}-value`} className="sr-only">
          {title}: value
        </label>
        <input
          id={`${id}-value`}
          value={value}
          maxLength={200}
          onChange={(event) => setValue(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
          className={INPUT}
        />
        <Button onClick={add} aria-label={`Add to ${title.toLowerCase()}`}>
          Add
        </Button>
      </div>
    </fieldset>
  );
}

function described({ product_id, brand, category, color, price_min, price_max, in_stock, attributes }: Move): string {
  const prices = [price_min != null && `from ${price_min}`, price_max != null && `up to ${price_max}`, in_stock && "in stock"];
  return [...brand, ...category, ...color, ...product_id, ...Object.keys(attributes ?? {}), ...prices].filter(Boolean).join(", ");
}
