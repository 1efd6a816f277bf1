import type { Move } from "../api/rules";
import { Button } from "../ui/Button";
import { CriterionField } from "./CriterionField";
import { described } from "./selection";

interface MovesFieldProps {
  title: string;
  moves: Move[];
  catalogue: string;
  onChange: (moves: Move[]) => void;
}

/** The products that are moved up or down, by their attributes. */
export function MovesField({ title, moves, catalogue, onChange }: MovesFieldProps) {
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
      <CriterionField purpose={title} catalogue={catalogue} onAdd={(selection) => onChange([...moves, { ...selection, by: 0.5 }])} />
    </fieldset>
  );
}
