import { type FormEvent, useId, useState } from "react";
import type { Rule } from "../api/rules";
import { Button } from "../ui/Button";
import { doesSomething } from "./rule";
import { HiddenField } from "./HiddenField";
import { MovesField } from "./MovesField";
import { Field, INPUT } from "./Field";
import { RulePreview } from "./RulePreview";
import { DateField } from "./DateField";

interface RuleFormProps {
  rule: Rule;
  /** Whether the rule is there already. */
  present: boolean;
  wrong: string;
  waiting: boolean;
  onSave: (rule: Rule) => void;
  onCancel: () => void;
}

/** A rule that is being written, beside the results that it makes. */
export function RuleForm({ rule: first, present, wrong, waiting, onSave, onCancel }: RuleFormProps) {
  const id = useId();
  const [rule, setRule] = useState(first);
  const [tried, setTried] = useState(first.when.query ?? "");
  const catalogue = rule.catalogue ?? "";
  const change = (changes: Partial<Rule>) => setRule((before) => ({ ...before, ...changes }));
  const when = (changes: Partial<Rule["when"]>) => change({ when: { ...rule.when, ...changes } });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSave(rule);
  };
  return (
    <form onSubmit={submit} aria-labelledby={id} className="mt-8 grid gap-x-12 gap-y-8 rounded-3xl border border-line p-6 lg:grid-cols-2">
      <div className="space-y-5">
        <h2 id={id} className="text-lg font-semibold tracking-tight">
          {present ? `Rule ${rule.name}` : "New rule"}
        </h2>
        {!present && (
          <Field label="Name">
            {(field) => (
              <input
                id={field}
                required
                pattern="[a-z0-9][a-z0-9_\-]{0,63}"
                title="lower-case letters, digits, - and _"
                value={rule.name}
                onChange={(event) => change({ name: event.target.value })}
                className={INPUT}
              />
            )}
          </Field>
        )}
        <Field label="When a search is for">
          {(field) => (
            <input
              id={field}
              autoFocus
              maxLength={200}
              value={rule.when.query ?? ""}
              onChange={(event) => {
                when({ query: event.target.value || null });
                setTried(event.target.value);
              }}
              className={INPUT}
            />
          )}
        </Field>
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={rule.when.match === "contains"}
            onChange={(event) => when({ match: event.target.checked ? "contains" : "exact" })}
            className="size-4 accent-accent"
          />
          also among other words
        </label>
        <Field label="Only in the category (optional)">
          {(field) => (
            <input
              id={field}
              maxLength={200}
              value={rule.when.category ?? ""}
              onChange={(event) => when({ category: event.target.value || null })}
              className={INPUT}
            />
          )}
        </Field>
        <MovesField title="Boost" moves={rule.boost} catalogue={catalogue} onChange={(boost) => change({ boost })} />
        <MovesField title="Bury" moves={rule.bury} catalogue={catalogue} onChange={(bury) => change({ bury })} />
        <HiddenField hidden={rule.hide} catalogue={catalogue} onChange={(hide) => change({ hide })} />
        <Field label="Lead shoppers to (optional)">
          {(field) => (
            <input
              id={field}
              placeholder="/sale"
              maxLength={2000}
              value={rule.redirect ?? ""}
              onChange={(event) => change({ redirect: event.target.value || null })}
              className={INPUT}
            />
          )}
        </Field>
        <div className="grid grid-cols-2 gap-4">
          <DateField label="From (UTC)" value={rule.starts} onChange={(starts) => change({ starts })} />
          <DateField label="Until (UTC)" value={rule.ends} onChange={(ends) => change({ ends })} />
        </div>
        {wrong && (
          <p role="alert" className="text-danger">
            {wrong}
          </p>
        )}
        <div className="flex gap-3">
          <Button type="submit" look="solid" disabled={waiting || !doesSomething(rule)}>
            Save
          </Button>
          <Button onClick={onCancel}>Cancel</Button>
        </div>
      </div>
      <div className="min-w-0">
        <Field label="Preview of the search">
          {(field) => <input id={field} value={tried} maxLength={1000} onChange={(event) => setTried(event.target.value)} className={INPUT} />}
        </Field>
        <RulePreview rule={rule} query={tried.trim()} onChange={setRule} />
      </div>
    </form>
  );
}
