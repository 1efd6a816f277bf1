import { useEffect, useSyncExternalStore } from "react";
import { admissions, onAdmission } from "../api/session";

/**
 * Once a key is accepted, ask again for what was refused before: also if the refusal comes after that.
 * `asked` is the number of keys accepted when it was asked, null if it was not refused.
 */
export function useAdmission(asked: number | null, retry: () => void): void {
  const accepted = useSyncExternalStore(onAdmission, admissions);
  useEffect(() => {
    if (asked !== null && asked < accepted) retry();
  }, [asked, accepted, retry]);
}
