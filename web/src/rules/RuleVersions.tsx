import { useState } from "react";
import { type Rule, ruleVersions, rulesOf } from "../api/rules";
import { sentence } from "../format";
import { useRequest } from "../state/useRequest";
import { Button } from "../ui/Button";

interface RuleVersionsProps {
  version: string;
  onRestore: (rules: Rule[]) => void;
}

/** Earlier versions of the rules, each of which can be brought back. */
export function RuleVersions({ version, onRestore }: RuleVersionsProps) {
  const { data } = useRequest(`rule versions ${version}`, ruleVersions);
  const [wrong, setWrong] = useState("");
  const earlier = (data ?? []).filter((each) => !each.is_present).slice(0, 20);
  if (earlier.length === 0) return null;
  const restore = (chosen: string) =>
    rulesOf(chosen).then(onRestore, (error: Error) => setWrong(sentence(error.message)));
  return (
    <details className="mt-8">
      <summary className="cursor-pointer text-sm text-ink-soft">Earlier versions</summary>
      <ul className="mt-3 space-y-1 text-sm">
        {earlier.map((each) => (
          <li key={each.version} className="flex items-center gap-4">
            <span className="tabular-nums">{each.time.slice(0, 16).replace("T", " ")} UTC</span>
            <Button look="quiet" aria-label={`Bring back version ${each.version}`} onClick={() => restore(each.version)}>
              Bring back
            </Button>
          </li>
        ))}
      </ul>
      {wrong && (
        <p role="alert" className="text-danger">
          {wrong}
        </p>
      )}
    </details>
  );
}
