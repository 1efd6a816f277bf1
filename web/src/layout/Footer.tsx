import { plural, version } from "../format";
import { useModels } from "../state/models";
import { ForgetKey } from "./ForgetKey";

/** What answers, discreetly. */
export function Footer() {
  const { data } = useModels();
  return (
    <footer className="mx-auto flex w-full max-w-[90rem] flex-wrap items-center gap-x-6 gap-y-1 border-t border-line px-4 py-6 text-xs text-ink-soft sm:px-8">
      {data?.catalogues.map((one) => (
        <span key={one.name}>
          {one.name}: {plural(one.products, "product")}, version {version(one.version)}
        </span>
      ))}
      {data?.session && <ForgetKey />}
    </footer>
  );
}
