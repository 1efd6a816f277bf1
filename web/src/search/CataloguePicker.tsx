import { useId } from "react";
import { plural } from "../format";
import { useModels } from "../state/models";

/** The choice of the catalogue, where there is more than one. */
export function CataloguePicker({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const { data } = useModels();
  const id = useId();
  const all = data?.catalogues ?? [];
  if (all.length < 2) return null;
  const standard = all.find((catalogue) => catalogue.default);
  return (
    <p className="flex items-center gap-2 text-sm">
      <label htmlFor={id} className="text-ink-soft max-sm:sr-only">
        Catalogue
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="max-w-52 rounded-full border border-line-strong/60 bg-surface px-3 py-1.5"
      >
        <option value="">{standard ? `Default (${standard.name})` : "Whichever fits best"}</option>
        <option value="all">All catalogues</option>
        {all.map((catalogue) => (
          <option key={catalogue.name} value={catalogue.name}>
            {catalogue.name} · {plural(catalogue.products, "product")}
          </option>
        ))}
      </select>
    </p>
  );
}
