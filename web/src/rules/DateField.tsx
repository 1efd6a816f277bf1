import { day } from "./rule";
import { Field, INPUT } from "./Field";

interface DateFieldProps {
  label: string;
  value: string | null | undefined;
  onChange: (time: string | null) => void;
}

/** A date, for the midnight with which it begins. */
export function DateField({ label, value, onChange }: DateFieldProps) {
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          type="date"
          value={day(value)}
          onChange={(event) => onChange(event.target.value ? `${event.target.value}T00:00:00Z` : null)}
          className={INPUT}
        />
      )}
    </Field>
  );
}
