import { useEffect, useState } from "react";
import type { ApiProblem } from "../api/problems";
import { plural, sentence } from "../format";
import { useOnline } from "../state/useOnline";
import { Button } from "./Button";
import { KeyForm } from "./KeyForm";
import { Notice } from "./Notice";

interface ProblemNoticeProps {
  problem: ApiProblem;
  retry: () => void;
}

/** A notice of a failed request, with what can be done. */
export function ProblemNotice({ problem, retry }: ProblemNoticeProps) {
  const online = useOnline();
  if (problem.kind === "rate") return <TooMany problem={problem} retry={retry} />;
  if (problem.kind === "key")
    return (
      <Notice icon="lock" title="This search needs a key">
        <KeyForm />
      </Notice>
    );
  if (problem.kind === "network")
    return (
      <Notice alert icon="offline" title={online ? "The server cannot be reached" : "You are offline"}>
        <p>{online ? "The page retries every few seconds." : "The page retries as soon as you are back online."}</p>
        <Button onClick={retry}>Try now</Button>
      </Notice>
    );
  return (
    <Notice alert icon="warning" title={problem.status === 404 ? "Not found" : "Something went wrong"}>
      <p>{sentence(problem.message)}</p>
      <Button onClick={retry}>Try again</Button>
      {problem.requestId && <p className="text-xs">Request {problem.requestId}</p>}
    </Notice>
  );
}

/** A notice that counts down to the next attempt, which the server allows by then. */
function TooMany({ problem, retry }: ProblemNoticeProps) {
  const [left, setLeft] = useState(Math.ceil(problem.retrySeconds));
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => {
      setLeft(left - 1);
      if (left === 1) retry();
    }, 1000);
    return () => clearTimeout(timer);
  }, [left, retry]);
  return (
    <Notice alert icon="clock" title="Too many requests">
      <p>{sentence(problem.message)}</p>
      {left > 0 && <p aria-hidden="true">Trying again in {plural(left, "second")}.</p>}
      <Button onClick={retry}>Try now</Button>
    </Notice>
  );
}
