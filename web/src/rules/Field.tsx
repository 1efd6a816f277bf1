import { type ReactNode, useId } from "react";

export const INPUT = "w-full rounded-full border border-line-strong/60 bg-surface px-4 py-2 text-ink";

/** A label above a field, which gets the id. */
export function Field({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm text-ink-soft">
        {label}
      </label>
      {children(id)}
    </div>
  );
}
