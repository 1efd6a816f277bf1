import { useId, useState } from "react";
import { catalogueOf, useModels } from "../state/models";
import { Button } from "../ui/Button";
import { INPUT } from "./Field";
import { BRAND, criteria, type Selection, selected } from "./selection";

interface CriterionFieldProps {
  /** What the products are selected for, such as "Boost". */
  purpose: string;
  /** The catalogue whose attributes are offered; the default one if it is empty. */
  catalogue: string;
  onAdd: (selection: Selection) => void;
}

/** A field to select products by: one attribute, and its value or range. */
export function CriterionField({ purpose, catalogue, onAdd }: CriterionFieldProps) {
  const id = useId();
  const { data: models } = useModels();
  const offered = criteria(catalogueOf(models, catalogue)?.facets?.attributes);
  const [name, setName] = useState("brand");
  const [value, setValue] = useState("");
  const [until, setUntil] = useState("");
  const criterion = offered.find((each) => each.name === name) ?? BRAND;
  const isRange = criterion.type === "number" || criterion.type === "time";
  const add = () => {
    const selection = selected(criterion, value, until);
    if (!selection) return;
    onAdd(selection);
    setValue("");
    setUntil("");
  };
  const input = (label: string, shown: string, set: (text: string) => void) => (
    <>
      <label htmlFor={`${id}-${label}`} className="sr-only">
        {purpose}: {label}
      </label>
      <input
        id={`${id}-${label}`}
        type={criterion.type === "number" ? "number" : criterion.type === "time" ? "date" : "text"}
        step="any"
        placeholder={isRange ? label : undefined}
        value={shown}
        maxLength={200}
        onChange={(event) => set(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
        className={INPUT}
      />
    </>
  );
  return (
    <div className="flex gap-2">
      <label htmlFor={`${id}-attribute`} className="sr-only">
        {purpose}: attribute
      </label>
      <select
        id={`${id}-attribute`}
        value={criterion.name}
        onChange={(event) => {
          setName(event.target.value);
          setValue("");
          setUntil("");
        }}
        className="max-w-40 rounded-full border border-line-strong/60 bg-surface px-3 py-2 text-sm"
      >
        {offered.map(({ name: each, shown, unit }) => (
          <option key={each} value={each}>
            {unit ? `${shown} (${unit})` : shown}
          </option>
        ))}
      </select>
      {criterion.type === "boolean" ? (
        <>
          <label htmlFor={`${id}-value`} className="sr-only">
            {purpose}: value
          </label>
          <select id={`${id}-value`} value={value} onChange={(event) => setValue(event.target.value)} className={INPUT}>
            <option value="">Choose</option>
            <option value="true">Yes</option>
            <option value="false">No</option>
          </select>
        </>
      ) : isRange ? (
        <>
          {input("from", value, setValue)}
          {input("to", until, setUntil)}
        </>
      ) : (
        input("value", value, setValue)
      )}
      <Button onClick={add} aria-label={`Add to ${purpose.toLowerCase()}`}>
        Add
      </Button>
    </div>
  );
}
