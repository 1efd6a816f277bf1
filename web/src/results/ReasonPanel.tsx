import { useState } from "react";
import { Link } from "react-router";
import type { Label, Result, SearchResponse } from "../api/client";
import { explain, type Asked } from "../api/explain";
import { deviations, LABELS, percent, sentence } from "../format";
import { productPath } from "../state/searchUrl";
import { Button, buttonClass } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useRequest } from "../state/useRequest";
import { DeviationBar } from "./DeviationBar";
import { EsciBadge } from "./EsciBadge";
import { Marked } from "./Marked";
import { RelevanceMap } from "./RelevanceMap";
import { SquareImage } from "./SquareImage";
import { WordShares } from "./WordShares";

interface ReasonPanelProps {
  result: Result;
  kind: SearchResponse["kind"];
  /** What was asked for; without it, nothing more can be explained. */
  asked?: Asked | undefined;
  onClose: () => void;
  onSimilar: () => void;
}

const ORDER: Label[] = ["E", "S", "C", "I"];
const FILLS: Record<Label, string> = { E: "bg-exact", S: "bg-substitute", C: "bg-complement", I: "bg-irrelevant" };

/** Why a product was found, in numbers and in words. */
export function ReasonPanel({ result, kind, asked, onClose, onSimilar }: ReasonPanelProps) {
  const { why } = result;
  const [detailed, setDetailed] = useState(false);
  const key = detailed && asked ? `explain ${result.catalogue} ${result.product_id} ${asked.imageUrl} ${JSON.stringify(asked)}` : null;
  const { data, slow, problem, retry } = useRequest(key, (signal) => explain(result, asked as Asked, signal));
  const against = (data?.words ?? []).filter((each) => each.share < 0).map((each) => each.word);
  return (
    <Panel title="Why this?" onClose={onClose}>
      <div className="flex gap-4">
        <SquareImage url={result.image_url} className="size-24 shrink-0 rounded-xl" eager small />
        <div className="min-w-0">
          <p className="text-xs text-ink-soft">{result.brand || "No brand"}</p>
          <h3 className="mt-0.5 font-medium leading-snug">
            <Marked text={result.title || result.product_id} words={why.words} against={detailed ? against : []} />
          </h3>
          {result.badge && (
            <p className="mt-2">
              <EsciBadge label={result.badge} />
            </p>
          )}
        </div>
      </div>
      <p className="mt-5 rounded-2xl bg-sunken p-4 text-sm leading-relaxed">{sentence(why.summary)}</p>

      {asked && (
        <Button className="mt-4 self-start" aria-expanded={detailed} onClick={() => setDetailed(!detailed)}>
          <Icon name="why" className="size-4" />
          {detailed ? "Hide what counted" : "Show what counted"}
        </Button>
      )}
      {detailed && (
        <div>
          {problem ? (
            <ProblemNotice problem={problem} retry={retry} />
          ) : data ? (
            <>
              {data.words.length > 0 && (
                <Section title="Words" hint="What each word of the search added to the score (+), or took from it (−), in log-odds.">
                  <WordShares shares={data.words} />
                </Section>
              )}
              {(data.product_image || data.query_image) && (
                <Section title="Images" hint="The lighter a part, the more it counted for the similarity; the strongest are outlined.">
                  <div className="grid grid-cols-2 gap-4">
                    {data.product_image && result.image_url && (
                      <RelevanceMap url={result.image_url} relevance={data.product_image} caption="The product’s image" />
                    )}
                    {data.query_image && asked?.imageUrl && (
                      <RelevanceMap url={asked.imageUrl} relevance={data.query_image} caption="Your image" />
                    )}
                  </div>
                </Section>
              )}
            </>
          ) : (
            slow && <p role="status" className="mt-5 text-sm text-ink-soft">Looking at what counted…</p>
          )}
        </div>
      )}

      <Section title="Similarity" hint="In standard deviations above a random pair of query and product.">
        <DeviationBar label="Words" value={why.by_text} missing="This product has no text to compare." />
        <DeviationBar label="Image" value={why.by_image} missing="This product has no image to compare." />
      </Section>

      <Section
        title="Relevance to the query"
        hint={kind === "similar" ? "How likely each label is, with the product itself as the query." : "How likely the model thinks each label is."}
      >
        <dl className="space-y-2.5">
          {ORDER.map((label) => (
            <div key={label} className="grid grid-cols-[6.5rem_1fr_3rem] items-center gap-3 text-sm">
              <dt title={LABELS[label].meaning}>{LABELS[label].name}</dt>
              <dd className="contents tabular-nums">
                <span className="h-2 overflow-hidden rounded-full bg-line">
                  <span className={`block h-full rounded-full ${FILLS[label]}`} style={{ width: percentWidth(result.esci[label]) }} />
                </span>
                <span className="text-right">{percent(result.esci[label] ?? 0)}</span>
              </dd>
            </div>
          ))}
        </dl>
      </Section>

      <dl className="mt-7 grid grid-cols-3 gap-3 border-t border-line pt-5 text-sm">
        <Fact name="Rank" value={String(result.rank)} />
        <Fact name="Score" value={percent(result.score)} />
        <Fact name="Against chance" value={deviations(result.comparable)} />
      </dl>

      <div className="mt-auto flex flex-wrap gap-3 pt-7">
        <Link to={productPath(result.product_id, result.catalogue)} className={buttonClass("solid")}>
          Open product
        </Link>
        <Button
          onClick={() => {
            onClose();
            onSimilar();
          }}
        >
          <Icon name="similar" className="size-4" />
          More like this
        </Button>
      </div>
    </Panel>
  );
}

function Section({ title, hint, children }: { title: string; hint: string; children: React.ReactNode }) {
  return (
    <section className="mt-7">
      <h3 className="font-semibold tracking-tight">{title}</h3>
      <p className="mb-4 mt-0.5 text-xs text-ink-soft">{hint}</p>
      {children}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-xs text-ink-soft">{name}</dt>
      <dd className="mt-0.5 font-semibold tabular-nums">{value}</dd>
    </div>
  );
}

function percentWidth(value: number | undefined): string {
  return `${Math.max(0.8, (value ?? 0) * 100)}%`;
}
