import { type ReactNode, useState } from "react";
import { Link, useNavigate } from "react-router";
import { clicked } from "../api/feedback";
import type { Result, SearchResponse } from "../api/client";
import { price, sentence } from "../format";
import { EsciBadge } from "../results/EsciBadge";
import { SquareImage } from "../results/SquareImage";
import { ScoreMeter } from "../results/ScoreMeter";
import { ReasonPanel } from "../results/ReasonPanel";
import { newSearch, productPath, searchPath, START } from "../state/searchUrl";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";

interface ArmListProps {
  response: SearchResponse;
  stale: boolean;
  /** Where the other arm has each product. */
  other?: Map<string, number> | undefined;
  otherName?: string;
  /** Whether each result says which arm gave it. */
  arms?: boolean;
}

/** A ranking in rows, for comparing. */
export function ArmList({ response, stale, other, otherName = "", arms = false }: ArmListProps) {
  const [why, setWhy] = useState<Result | null>(null);
  const navigate = useNavigate();
  if (response.results.length === 0)
    return <p className="py-8 text-center text-sm text-ink-soft">{sentence(response.message ?? "Nothing was found")}</p>;
  return (
    <>
      <ol className={`space-y-1 transition-opacity ${stale ? "opacity-50" : ""}`}>
        {response.results.map((result) => (
          <li key={`${result.catalogue}/${result.product_id}`}>
            <Row
              result={result}
              requestId={response.request_id}
              arm={arms ? result.arm : null}
              elsewhere={other && place(other.get(result.product_id), result.rank, otherName)}
              onWhy={() => setWhy(result)}
            />
          </li>
        ))}
      </ol>
      {why && (
        <ReasonPanel
          result={why}
          kind={response.kind}
          onClose={() => setWhy(null)}
          onSimilar={() => void navigate(searchPath(newSearch(START, { like: why.product_id, catalogue: why.catalogue })))}
        />
      )}
    </>
  );
}

function place(there: number | undefined, here: number, name: string): string {
  if (there === undefined) return `not in ${name}`;
  return there === here ? "" : `${there} in ${name}`;
}

interface RowProps {
  result: Result;
  requestId: string;
  arm: string | null | undefined;
  /** Where the other arm has it. */
  elsewhere: string | undefined;
  onWhy: () => void;
}

function Tag({ colors, children }: { colors: string; children: ReactNode }) {
  return <span className={`shrink-0 rounded-full px-2 py-0.5 text-xs tabular-nums ${colors}`}>{children}</span>;
}

function Row({ result, requestId, arm, elsewhere, onWhy }: RowProps) {
  const tell = () => clicked(requestId, result.product_id, result.rank);
  return (
    <article className="group relative flex items-center gap-3.5 rounded-2xl p-2 hover:bg-sunken">
      <span className="w-5 shrink-0 text-right text-sm tabular-nums text-ink-soft">{result.rank}</span>
      <SquareImage url={result.image_url} className="size-14 shrink-0 rounded-xl" small />
      <div className="min-w-0 grow">
        <h3 className="truncate text-sm font-medium">
          <Link
            to={productPath(result.product_id, result.catalogue)}
            onClick={tell}
            onAuxClick={(event) => event.button === 1 && tell()}
            className="after:absolute after:inset-0 after:rounded-2xl focus-visible:outline-none focus-visible:after:outline-[2.5px] focus-visible:after:outline-accent"
          >
            {result.title || result.product_id}
          </Link>
        </h3>
        <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-soft">
          {result.badge && <EsciBadge label={result.badge} />}
          <ScoreMeter score={result.score} />
          {typeof result.price === "number" && <span className="tabular-nums">{price(result.price, result.currency)}</span>}
        </p>
      </div>
      {arm && <Tag colors={arm === "a" ? "bg-accent-wash text-accent" : "bg-complement-wash text-complement"}>arm {arm}</Tag>}
      {elsewhere && <Tag colors="text-ink-soft ring-1 ring-line">{elsewhere}</Tag>}
      <IconButton label="Why this?" aria-label={`Why this? ${result.title}`} onClick={onWhy} className="relative z-10 size-9">
        <Icon name="why" />
      </IconButton>
    </article>
  );
}
