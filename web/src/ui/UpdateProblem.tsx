import type { ApiProblem } from "../api/problems";
import { sentence } from "../format";
import { KeyForm } from "./KeyForm";
import { Notice } from "./Notice";
import { ProblemNotice } from "./ProblemNotice";

/** A notice of a failed request on a page for people who look after a catalogue, which needs a key for updates. */
export function UpdateProblem({ problem, retry }: { problem: ApiProblem; retry: () => void }) {
  if (problem.status !== 403) return <ProblemNotice problem={problem} retry={retry} />;
  return (
    <Notice icon="lock" title="This page needs a key for updates">
      <p>{sentence(problem.message)}</p>
      <KeyForm />
    </Notice>
  );
}
