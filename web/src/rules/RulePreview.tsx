import { preview, type Rule } from "../api/rules";
import type { Result } from "../api/client";
import { SquareImage } from "../results/SquareImage";
import { useRequest } from "../state/useRequest";
import { Button } from "../ui/Button";
import { ProblemNotice } from "../ui/ProblemNotice";
import { doesSomething, movePin, toggleHidden, togglePin } from "./rule";

interface RulePreviewProps {
  rule: Rule;
  query: string;
  onChange: (rule: Rule) => void;
}

/** The results of a query with a rule that is not saved yet, each with buttons that change the rule. */
export function RulePreview({ rule, query, onChange }: RulePreviewProps) {
  const rules = doesSomething(rule) ? [rule] : [];
  const key = query ? `preview ${JSON.stringify([rules, query])}` : null;
  const { data, problem, slow, stale, retry } = useRequest(key, (signal) => preview(rules, query, rule.starts ?? null, signal));
  if (!query) return null;
  if (problem) return <ProblemNotice problem={problem} retry={retry} />;
  if (!data) return <p className="mt-4 text-ink-soft">{slow && "Searching …"}</p>;
  const ranks = new Map(data.before.results.map((result) => [result.product_id, result.rank]));
  const hidden = data.before.results.filter(({ product_id }) => rule.hide.some((selection) => selection.product_id.includes(product_id)));
  return (
    <>
      {data.after.redirect && (
        <p className="mt-4 text-sm text-ink-soft">
          Shoppers are led to <span className="font-medium text-ink [overflow-wrap:anywhere]">{data.after.redirect}</span>.
        </p>
      )}
      {data.after.results.length === 0 && <p className="mt-4 text-ink-soft">{data.after.message}</p>}
      <ol aria-label="Preview" aria-busy={stale} className="mt-4 divide-y divide-line border-y border-line">
        {data.after.results.map((result) => (
          <PreviewRow key={result.product_id} result={result} before={ranks.get(result.product_id)} rule={rule} onChange={onChange} />
        ))}
      </ol>
      {hidden.length > 0 && (
        <ul aria-label="Hidden" className="mt-4 text-sm text-ink-soft">
          {hidden.map((result) => (
            <li key={result.product_id} className="flex items-center justify-between gap-4 py-1">
              <s>{result.title}</s>
              <Button look="quiet" aria-label={`Show ${result.title}`} onClick={() => onChange(toggleHidden(rule, result.product_id))}>
                Show
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface PreviewRowProps {
  result: Result;
  before: number | undefined;
  rule: Rule;
  onChange: (rule: Rule) => void;
}

function PreviewRow({ result, before, rule, onChange }: PreviewRowProps) {
  const { product_id: id, title, placed, rank } = result;
  const pinned = rule.pin.includes(id);
  const was = before === rank ? "" : before ? `was ${before}` : "was further down, or not found";
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-2">
      <span className="w-6 text-right text-sm tabular-nums text-ink-soft">{rank}</span>
      <span className="w-12 overflow-hidden rounded-lg">
        {result.image_url ? <SquareImage url={result.image_url} /> : <span className="block aspect-square bg-sunken" />}
      </span>
      <span className="min-w-0 grow basis-40">
        <span className="block font-medium leading-snug">{title || id}</span>
        <span className="text-xs text-ink-soft">{[placed, was].filter(Boolean).join(", ")}</span>
      </span>
      <span className="flex gap-1">
        {pinned && (
          <>
            <Button look="quiet" aria-label={`Move ${title} up`} disabled={rule.pin[0] === id} onClick={() => onChange(movePin(rule, id, -1))}>
              ↑
            </Button>
            <Button
              look="quiet"
              aria-label={`Move ${title} down`}
              disabled={rule.pin.at(-1) === id}
              onClick={() => onChange(movePin(rule, id, 1))}
            >
              ↓
            </Button>
          </>
        )}
        <Button aria-pressed={pinned} aria-label={`Pin ${title}`} onClick={() => onChange(togglePin(rule, id))}>
          {pinned ? "Pinned" : "Pin"}
        </Button>
        <Button look="quiet" aria-label={`Hide ${title}`} onClick={() => onChange(toggleHidden(rule, id))}>
          Hide
        </Button>
      </span>
    </li>
  );
}
