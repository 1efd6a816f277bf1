import { Link, useSearchParams } from "react-router";
import { type Arm, searchArm } from "../api/search";
import type { SearchResponse } from "../api/client";
import { ArmList } from "../compare/ArmList";
import { ArmHeader } from "../compare/ArmHeader";
import { overlap } from "../compare/overlap";
import { ProblemNotice } from "../ui/ProblemNotice";
import { EmptySearch } from "../search/EmptySearch";
import { useModels } from "../state/models";
import { type SearchState, searchPath } from "../state/searchUrl";
import { type RequestState, useRequest } from "../state/useRequest";
import { useSearchUrl } from "../state/useSearchUrl";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { useTitle } from "../ui/useTitle";

const VIEWS = [
  { name: "sides", text: "Side by side" },
  { name: "ab", text: "As shoppers see it" },
  { name: "best", text: "The better answer" },
] as const;
type View = (typeof VIEWS)[number]["name"];

/** The two arms of the experiment, for people who decide between them. */
export function ComparePage() {
  const { data: models, problem, retry } = useModels();
  const [state] = useSearchUrl();
  const [params] = useSearchParams();
  const view = VIEWS.find(({ name }) => name === params.get("view"))?.name ?? "sides";
  useTitle(state.query ? `${state.query}, compared` : "Compare");
  if (!models) return problem && <ProblemNotice problem={problem} retry={retry} />;
  if (!models.experiment) return <NoExperiment />;
  if (!state.query) return <EmptySearch path="/compare" />;
  return (
    <>
      <div className="mb-7 flex flex-wrap items-end justify-between gap-x-6 gap-y-4 pt-7">
        <div>
          <h1 className="text-2xl font-semibold tracking-[-0.02em] [overflow-wrap:anywhere]">{state.query}</h1>
          <p className="mt-1 text-sm text-ink-soft">
            Experiment {models.experiment.name}: {models.experiment.a} against {models.experiment.b}
          </p>
        </div>
        <Views state={state} current={view} />
      </div>
      {view === "sides" ? <Sides state={state} /> : <Single arm={view} state={state} mode={models.experiment.mode ?? ""} />}
    </>
  );
}

function Views({ state, current }: { state: SearchState; current: View }) {
  return (
    <nav aria-label="Views" className="flex rounded-full bg-sunken p-1 text-sm">
      {VIEWS.map(({ name, text }) => (
        <Link
          key={name}
          to={`${searchPath(state, "/compare")}&view=${name}`}
          aria-current={name === current ? "page" : undefined}
          className={`rounded-full px-3.5 py-1.5 font-medium transition-colors ${name === current ? "bg-raised text-ink shadow-rest" : "text-ink-soft hover:text-ink"}`}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}

function useArm(arm: Arm, state: SearchState): RequestState<SearchResponse> {
  return useRequest(`arm ${arm} ${JSON.stringify(state)}`, (signal) => searchArm(arm, state, signal));
}

function Sides({ state }: { state: SearchState }) {
  const a = useArm("a", state);
  const b = useArm("b", state);
  const both = a.data && b.data && !a.stale && !b.stale ? overlap(a.data.results, b.data.results) : null;
  return (
    <>
      <p role="status" className="mb-5 min-h-5 text-sm text-ink-soft">
        {both && `${both.shared} of the first ${both.shown} are in both; ${both.same} in the same place.`}
      </p>
      <div className="grid gap-8 md:grid-cols-2">
        <Side arm="a" request={a} other={both?.inB} />
        <Side arm="b" request={b} other={both?.inA} />
      </div>
    </>
  );
}

interface SideProps {
  arm: "a" | "b";
  request: RequestState<SearchResponse>;
  /** Where the other side has a product. */
  other?: Map<string, number> | undefined;
}

function Side({ arm, request, other }: SideProps) {
  const { data, stale, problem, retry } = request;
  return (
    <section aria-label={`Arm ${arm}`} className="min-w-0 rounded-3xl border border-line bg-surface p-4 sm:p-6">
      {problem ? (
        <ProblemNotice problem={problem} retry={retry} />
      ) : (
        <>
          <ArmHeader title={`Arm ${arm}`} response={stale ? null : data} />
          {data && <ArmList response={data} stale={stale} other={other} otherName={arm === "a" ? "b" : "a"} />}
        </>
      )}
    </section>
  );
}

const EXPLAINED: Record<string, string> = {
  interleave: "Both arms take turns; each result says which one gave it.",
  split: "Each shopper always sees one arm; this is yours.",
  best: "Both arms are searched; the one whose results stand out more from chance is shown.",
};

function Single({ arm, state, mode }: { arm: "ab" | "best"; state: SearchState; mode: string }) {
  const { data, stale, problem, retry } = useArm(arm, state);
  if (problem) return <ProblemNotice problem={problem} retry={retry} />;
  return (
    <section aria-label="Results" className="mx-auto max-w-3xl rounded-3xl border border-line bg-surface p-4 sm:p-6">
      <p className="mb-4 text-sm text-ink-soft">{EXPLAINED[arm === "best" ? "best" : mode]}</p>
      <ArmHeader title={titleOf(data)} response={stale ? null : data} />
      {data && <ArmList response={data} stale={stale} arms />}
    </section>
  );
}

function titleOf(response: SearchResponse | null): string {
  const arm = response?.experiment?.arm;
  if (!arm) return "…";
  return arm === "both" ? "Arms a and b" : `Arm ${arm}`;
}

function NoExperiment() {
  return (
    <>
      <h1 className="sr-only">Compare</h1>
      <Notice icon="swap" title="No experiment is running">
        <p>
          An experiment compares two catalogues, or two versions of one. The gateway’s configuration says which:
        </p>
        <pre className="overflow-x-auto rounded-2xl bg-sunken p-5 text-left text-sm text-ink">
          {"experiment:\n  name: new-encoder\n  a: current\n  b: candidate\n  mode: interleave  # or split"}
        </pre>
        <p className="flex items-center justify-center gap-2 text-sm">
          <Icon name="why" className="size-4" />
          Both names must be among its catalogues.
        </p>
      </Notice>
    </>
  );
}
