import { useEffect, useSyncExternalStore } from "react";
import { admissions, onAdmission } from "../api/session";

/**
 * Once a key is accepted, send what was refused before again, also if the refusal comes after that.
 * `sent` is the number of keys accepted when the request was sent, null if it was not refused.
 */
export function useAdmission(sent: number | null, retry: () => void): void {
  const accepted = useSyncExternalStore(onAdmission, admissions);
  useEffect(() => {
    if (sent !== null && sent < accepted) retry();
  }, [sent, accepted, retry]);
}
