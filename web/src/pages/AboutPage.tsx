import { type ReactNode, useState } from "react";
import type { Label } from "../api/client";
import { LABELS, plural, version } from "../format";
import { EsciBadge } from "../results/EsciBadge";
import { setShortcuts, shortcutsOn } from "../state/shortcuts";
import { useModels } from "../state/models";
import { useTitle } from "../ui/useTitle";

const KEYS: [string, string][] = [
  ["/", "To the search field"],
  ["↓", "From the search field to the first result"],
  ["← → ↑ ↓ or j k", "From result to result, while one has the focus"],
  ["Enter", "Open the result"],
  ["w", "Ask why it was found"],
  ["Escape", "Close what is open"],
];

export function AboutPage() {
  useTitle("About");
  return (
    <div className="mx-auto max-w-3xl pt-12">
      <h1 className="text-4xl font-semibold tracking-[-0.03em]">How it works</h1>
      <Part title="Searching">
        <p>
          Words and pictures are turned into points in one space; what lies close to yours is found, and then put in order
          by a model that judges each product against the question. Add words to a picture, and it is both at once; the
          slider says how much each counts.
        </p>
        <p>
          Pictures are made smaller before they are sent, without the place and time that cameras write into them. They are
          not kept, and are no part of a link; pictures from an address are, by that address.
        </p>
      </Part>
      <Part title="What the numbers say">
        <p>
          The <strong>score</strong> is how likely the product is what was asked for. <strong>Likeness</strong> is counted in
          standard deviations (σ) beyond a random pair of question and product: chance is 0, and more than 2 is rare.
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
      <Part title="Who answers">
        <Catalogues />
        <p>
          The same answers are there for programs: <a href="/openapi.json" className="rounded text-accent underline">the API’s description</a>.
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
      Use the keys that are letters or signs
    </label>
  );
}

function Catalogues() {
  const { data } = useModels();
  return (
    <ul className="space-y-2">
      {data?.catalogues.map((one) => (
        <li key={one.name}>
          <strong>{one.name}</strong>: {plural(one.products, "product")}, {one.searches_images ? "words and pictures" : "words only"};
          model {one.model}, version {version(one.version)}
        </li>
      ))}
    </ul>
  );
}
