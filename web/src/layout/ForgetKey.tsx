import { useState } from "react";
import { closeSession } from "../api/session";

/** Forgets the key. The page is then loaded anew: none of what the key had opened stays in it. */
export function ForgetKey() {
  const [problem, setProblem] = useState("");
  const forget = () => {
    setProblem("");
    closeSession().then(
      () => window.location.reload(),
      (error: Error) => setProblem(`The key is still kept: ${error.message}.`),
    );
  };
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1 sm:ml-auto">
      {problem && (
        <span role="alert" className="text-danger">
          {problem}
        </span>
      )}
      <button
        type="button"
        onClick={forget}
        className="rounded py-1 underline decoration-line-strong underline-offset-4 hover:text-accent"
      >
        Forget the key
      </button>
    </span>
  );
}
