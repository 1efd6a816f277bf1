import type { Rule } from "../api/rules";
import { Button } from "../ui/Button";
import { condition, period, summary } from "./rule";

interface RuleListProps {
  rules: Rule[];
  onEdit: (rule: Rule) => void;
  onDelete: (rule: Rule) => void;
}

/** The present rules; the earlier one decides where two disagree. */
export function RuleList({ rules, onEdit, onDelete }: RuleListProps) {
  if (rules.length === 0) return <p className="mt-6 text-ink-soft">There are no rules yet.</p>;
  const now = Date.now();
  return (
    <ul aria-label="Rules" className="mt-6 divide-y divide-line border-y border-line">
      {rules.map((rule) => (
        <li key={rule.name} className="flex flex-wrap items-center gap-x-6 gap-y-2 py-3">
          <div className="min-w-0 grow basis-72">
            <p className="font-medium [overflow-wrap:anywhere]">{condition(rule)}</p>
            <p className="text-sm text-ink-soft [overflow-wrap:anywhere]">{[rule.name, summary(rule), period(rule, now)].filter(Boolean).join(" · ")}</p>
          </div>
          <div className="flex gap-2">
            <Button onClick={() => onEdit(rule)} aria-label={`Edit ${rule.name}`}>
              Edit
            </Button>
            <Button look="quiet" onClick={() => onDelete(rule)} aria-label={`Delete ${rule.name}`}>
              Delete
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}
