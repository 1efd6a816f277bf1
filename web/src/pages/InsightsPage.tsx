import { Link } from "react-router";
import { insights } from "../api/insights";
import { plural } from "../format";
import { QueryTable } from "../insights/QueryTable";
import { RisingTable } from "../insights/RisingTable";
import { useRequest } from "../state/useRequest";
import { UpdateProblem } from "../ui/UpdateProblem";
import { useTitle } from "../ui/useTitle";

/** Customers' searches of the last days, for people who look after a catalogue. */
export function InsightsPage() {
  useTitle("Insights");
  const { data, slow, problem, retry } = useRequest("insights", insights);
  return (
    <>
      <h1 className="pt-10 text-3xl font-semibold tracking-[-0.03em]">Insights</h1>
      {problem && <UpdateProblem problem={problem} retry={retry} />}
      {!data && !problem && slow && <p className="mt-6 text-ink-soft">Reading the event log …</p>}
      {data && !problem && (
        <>
          <p className="mt-2 max-w-3xl text-ink-soft">
            {plural(data.searches, "search", "searches")} from {day(data.since)} to {day(data.until)}. A user counts once for a query, and queries
            of a single user are not listed.
          </p>
          {data.takes_rules && (
            <p className="mt-2">
              <Link to="/merchandising" className="rounded text-accent underline underline-offset-4">
                Rules of merchandising
              </Link>
            </p>
          )}
          <div className="mt-8 grid grid-cols-1 gap-x-12 gap-y-10 lg:grid-cols-2">
            <QueryTable
              title="Without results"
              hint="Nothing was found, at least once."
              rows={data.no_result}
              fixable={data.takes_synonyms}
              ruled={data.takes_rules}
            />
            <QueryTable
              title="To fix"
              hint="Results are clicked less than those of other queries."
              rows={data.no_click}
              fixable={data.takes_synonyms}
              ruled={data.takes_rules}
            />
            <RisingTable title="Rising queries" hint="Compared with the seven days before." rows={data.rising} />
            <RisingTable title="Rising words" hint="Compared with the seven days before." rows={data.rising_words} />
            <QueryTable title="Top queries" hint="The queries of most users." rows={data.top} ruled={data.takes_rules} />
          </div>
        </>
      )}
    </>
  );
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
