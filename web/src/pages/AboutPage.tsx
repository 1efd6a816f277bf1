import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import type { Label } from "../api/client";
import { LABELS, plural, version } from "../format";
import { EsciBadge } from "../results/EsciBadge";
import { setShortcuts, shortcutsOn } from "../state/shortcuts";
import { useModels } from "../state/models";
import { useTitle } from "../ui/useTitle";

const KEYS: [string, string][] = [
  ["/", "Go to the search field"],
  ["↓", "Go from the search field to the first result"],
  ["← → ↑ ↓ or j k", "Move between results while one has the focus"],
  ["Enter", "Open the result"],
  ["w", "Show why it was found"],
  ["Escape", "Close the open panel"],
];

export function AboutPage() {
  useTitle("About");
  return (
    <div className="mx-auto max-w-3xl pt-12">
      <h1 className="text-4xl font-semibold tracking-[-0.03em]">How it works</h1>
      <Part title="Searching">
        <p>
          Words and images become points in one space. The products closest to your search are found, and a model that
          compares each of them with the query puts them in order. Add words to an image to search by both; the slider sets
          the weight of each.
        </p>
        <p>
          Images are scaled down before they are sent, without the place and time that cameras record in them. The server
          does not keep them, and links to a search do not include them, unless they come from an address.
        </p>
      </Part>
      <Part title="What the numbers mean">
        <p>
          The <strong>score</strong> is how likely the product is what you are looking for. <strong>Similarity</strong> is
          measured in standard deviations (σ) above a random pair of query and product: chance is 0, and more than 2 is rare.
        </p>
        <dl className="grid grid-cols-[max-content_1fr] items-center gap-x-5 gap-y-3">
          {(Object.keys(LABELS) as Label[]).map((label) => (
            <div key={label} className="contents">
              <dt>
                <EsciBadge label={label} />
              </dt>
              <dd>{LABELS[label].meaning}</dd>
            </div>
          ))}
        </dl>
      </Part>
      <Part title="Keyboard">
        <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2.5">
          {KEYS.map(([keys, does]) => (
            <div key={keys} className="contents">
              <dt>
                <kbd className="rounded-md border border-line bg-sunken px-2 py-0.5 font-sans text-sm text-ink">{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <ShortcutSwitch />
      </Part>
      <Part title="Catalogues">
        <Catalogues />
        <p>
          People who look after a catalogue see what is searched for, and what is not found, in the{" "}
          <Link to="/queries" className="rounded text-accent underline">insights</Link>.
        </p>
        <p>
          Programs get the same results from the API: <a href="/openapi.json" className="rounded text-accent underline">its description</a>.
        </p>
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="mt-10 border-t border-line pt-6">
      <h2 className="text-xl font-semibold tracking-tight">{title}</h2>
      <div className="mt-3 space-y-4 leading-relaxed text-ink-soft [&_strong]:text-ink">{children}</div>
    </section>
  );
}

function ShortcutSwitch() {
  const [on, setOn] = useState(shortcutsOn);
  return (
    <label className="flex w-fit items-center gap-3">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          setShortcuts(event.target.checked);
          setOn(event.target.checked);
        }}
        className="size-4"
      />
      Enable keys that are letters or symbols
    </label>
  );
}

function Catalogues() {
  const { data } = useModels();
  return (
    <ul className="space-y-2">
      {data?.catalogues.map((catalogue) => (
        <li key={catalogue.name}>
          <strong>{catalogue.name}</strong>: {plural(catalogue.products, "product")}, {catalogue.searches_images ? "words and images" : "words only"};
          model {catalogue.model}, version {version(catalogue.version)}
          {catalogue.judged_by && `; it learnt from examples ${catalogue.judged_by}`}
        </li>
      ))}
    </ul>
  );
}
