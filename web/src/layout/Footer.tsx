import { plural, version } from "../format";
import { useModels } from "../state/models";
import { ForgetKey } from "./ForgetKey";

/** What answers, discreetly. */
export function Footer() {
  const { data } = useModels();
  return (
    <footer className="mx-auto flex w-full max-w-[90rem] flex-wrap items-center gap-x-6 gap-y-1 border-t border-line px-4 py-6 text-xs text-ink-soft sm:px-8">
      {data?.catalogues.map((catalogue) => (
        <span key={catalogue.name}>
          {catalogue.name}: {plural(catalogue.products, "product")}, version {version(catalogue.version)}
        </span>
      ))}
      {data?.session && <ForgetKey />}
    </footer>
  );
}
