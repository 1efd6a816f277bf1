import { Button } from "../ui/Button";
import { CriterionField } from "./CriterionField";
import { described, hasConditions, type Selection } from "./selection";

interface HiddenFieldProps {
  hidden: Selection[];
  catalogue: string;
  onChange: (hidden: Selection[]) => void;
}

/** The products that are left out, by their attributes; single ones are hidden in the preview. */
export function HiddenField({ hidden, catalogue, onChange }: HiddenFieldProps) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm text-ink-soft">Leave out</legend>
      <ul>
        {hidden.map(
          (selection, place) =>
            hasConditions(selection) && (
              <li key={place} className="mb-2 flex items-center gap-3 text-sm">
                <span className="grow [overflow-wrap:anywhere]">{described(selection)}</span>
                <Button
                  look="quiet"
                  aria-label={`Remove ${described(selection)}`}
                  onClick={() => onChange(hidden.filter((_, at) => at !== place))}
                >
                  Remove
                </Button>
              </li>
            ),
        )}
      </ul>
      <CriterionField purpose="Leave out" catalogue={catalogue} onAdd={(selection) => onChange([...hidden, selection])} />
    </fieldset>
  );
}
