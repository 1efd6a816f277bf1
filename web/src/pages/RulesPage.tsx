import { useState } from "react";
import { useSearchParams } from "react-router";
import { presentRules, type PresentRules, replaceRules, type Rule } from "../api/rules";
import { plural, sentence } from "../format";
import { newRule } from "../rules/rule";
import { RuleForm } from "../rules/RuleForm";
import { RuleList } from "../rules/RuleList";
import { RuleVersions } from "../rules/RuleVersions";
import { useRequest } from "../state/useRequest";
import { Button } from "../ui/Button";
import { UpdateProblem } from "../ui/UpdateProblem";
import { useTitle } from "../ui/useTitle";

/** The rules of merchandising, for people who look after a catalogue. `?q=` begins a rule for a search. */
export function RulesPage() {
  useTitle("Rules");
  const [visit] = useState(() => String(Date.now())); // what others have changed since is read anew
  const { data, problem, slow, retry } = useRequest(`rules ${visit}`, presentRules);
  const [saved, setSaved] = useState<PresentRules | null>(null);
  const present = saved ?? data;
  return (
    <>
      <h1 className="pt-10 text-3xl font-semibold tracking-[-0.03em]">Rules</h1>
      <p className="mt-2 max-w-3xl text-ink-soft">
        What comes first for a search, what is moved or left out, or where it leads. Filters and other orders than the best match are not
        touched.
      </p>
      {problem && <UpdateProblem problem={problem} retry={retry} />}
      {!present && !problem && slow && <p className="mt-6 text-ink-soft">Reading the rules …</p>}
      {present && !problem && <Editor present={present} onSaved={setSaved} />}
    </>
  );
}

function Editor({ present, onSaved }: { present: PresentRules; onSaved: (rules: PresentRules) => void }) {
  const [parameters, setParameters] = useSearchParams();
  const asked = parameters.get("q");
  const names = present.rules.map((rule) => rule.name);
  const [edited, setEdited] = useState<Rule | null>(() => (asked === null ? null : newRule(asked, names)));
  const [wrong, setWrong] = useState("");
  const [done, setDone] = useState("");
  const [waiting, setWaiting] = useState(false);
  const close = () => {
    setEdited(null);
    setWrong("");
    if (asked !== null) setParameters({}, { replace: true });
  };
  const save = (rules: Rule[], said: string) => {
    setWaiting(true);
    setWrong("");
    replaceRules(present.version, rules)
      .then((now) => {
        onSaved(now);
        setDone(said);
        close();
      })
      .catch((error: Error) => setWrong(sentence(error.message)))
      .finally(() => setWaiting(false));
  };
  const keep = (rule: Rule) => {
    const known = names.includes(rule.name) && edited?.name === rule.name && isPresent;
    const rules = known ? present.rules.map((each) => (each.name === rule.name ? rule : each)) : [...present.rules, rule];
    save(rules, `Rule ${rule.name} is saved.`);
  };
  const isPresent = edited !== null && present.rules.includes(edited);
  return (
    <>
      <p role="status" className="mt-4 text-sm text-ink-soft">
        {done || plural(present.rules.length, "rule")}
      </p>
      {edited ? (
        <RuleForm key={edited.name} rule={edited} present={isPresent} wrong={wrong} waiting={waiting} onSave={keep} onCancel={close} />
      ) : (
        <>
          <Button look="solid" className="mt-4" onClick={() => setEdited(newRule("", names))}>
            New rule
          </Button>
          {wrong && (
            <p role="alert" className="mt-4 text-danger">
              {wrong}
            </p>
          )}
          <RuleList
            rules={present.rules}
            onEdit={setEdited}
            onDelete={(rule) => save(present.rules.filter((each) => each !== rule), `Rule ${rule.name} is deleted.`)}
          />
          <RuleVersions version={present.version} onRestore={(rules) => save(rules, "The earlier version is back.")} />
        </>
      )}
    </>
  );
}
