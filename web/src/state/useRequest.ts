import { useCallback, useEffect, useState } from "react";
import { isAbort, ApiProblem } from "../api/problems";
import { admissions } from "../api/session";
import { useAdmission } from "./useAdmission";

export interface RequestState<T> {
  /** The newest response, which may belong to the previous key. */
  data: T | null;
  /** Whether `data` belongs to an earlier key. */
  stale: boolean;
  /** Whether the response is late enough to show that; fast ones must not flicker. */
  slow: boolean;
  problem: ApiProblem | null;
  retry: () => void;
}

const SLOW_MS = 180;
const KEPT = 40;
const FRESH_MS = 5 * 60_000;
const FIRST_RETRY_MS = 3000;
const LAST_RETRY_MS = 30_000;

const FIRST = { failures: 0, admissions: 0 };

const kept = new Map<string, { at: number; data: unknown }>();

interface Outcome<T> {
  key: string;
  data: T | null;
  problem: ApiProblem | null;
  failures: number;
  /** The number of keys accepted when it was sent. */
  admissions: number;
}

/**
 * Send a request once for each `key`, which names all that the response depends on; null sends nothing.
 * The request of an earlier key is cancelled, so that no old response is shown after a new one. Responses are kept for
 * some minutes: going back shows at once what was there. A request is sent again while the server cannot be reached, and
 * once a key is accepted if it was refused without one.
 */
export function useRequest<T>(key: string | null, send: (signal: AbortSignal) => Promise<T>): RequestState<T> {
  const [outcome, setOutcome] = useState<Outcome<T>>({ key: "", data: null, problem: null, ...FIRST });
  const [attempt, setAttempt] = useState(0);
  const [slowKey, setSlowKey] = useState<string | null>(null);
  const retry = useCallback(() => setAttempt((before) => before + 1), []);

  useEffect(() => {
    if (key === null) return;
    const known = recall<T>(key);
    if (known !== null) {
      setOutcome({ key, data: known, problem: null, ...FIRST });
      return;
    }
    const controller = new AbortController();
    const accepted = admissions();
    const timer = setTimeout(() => setSlowKey(key), SLOW_MS);
    send(controller.signal)
      .then((data) => {
        if (controller.signal.aborted) return;
        remember(key, data);
        setOutcome({ key, data, problem: null, ...FIRST });
      })
      .catch((error: unknown) => {
        if (controller.signal.aborted || isAbort(error)) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem("http", String(error));
        setOutcome((before) => ({ key, data: before.data, problem, failures: before.failures + 1, admissions: accepted }));
      })
      .finally(() => {
        clearTimeout(timer);
        if (!controller.signal.aborted) setSlowKey(null);
      });
    return () => {
      clearTimeout(timer);
      controller.abort();
      setSlowKey(null);
    };
    // `send` is a new function with each rendering; `key` says when it requests something else.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, attempt]);

  const remembered = key === null ? null : recall<T>(key);
  const current = key === outcome.key;
  const problem = current && remembered === null ? outcome.problem : null;

  useEffect(() => {
    if (problem?.kind !== "network") return;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** (outcome.failures - 1), LAST_RETRY_MS);
    const timer = setTimeout(retry, wait);
    window.addEventListener("online", retry);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", retry);
    };
  }, [problem, outcome.failures, retry]);

  const refused = problem?.kind === "key" || problem?.status === 403; // another key may do more
  useAdmission(refused ? outcome.admissions : null, retry);

  const data = remembered ?? outcome.data;
  return {
    data,
    stale: remembered === null && !(current && outcome.problem === null),
    slow: key !== null && slowKey === key,
    problem,
    retry,
  };
}

function recall<T>(key: string): T | null {
  const found = kept.get(key);
  return found && Date.now() - found.at < FRESH_MS ? (found.data as T) : null;
}

function remember(key: string, data: unknown): void {
  kept.delete(key);
  kept.set(key, { at: Date.now(), data });
  const oldest = kept.keys().next();
  if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value);
}
