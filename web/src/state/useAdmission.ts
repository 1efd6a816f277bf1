import { useEffect } from "react";
import { ADMITTED } from "../api/session";

/** Once a key is accepted, ask again for what was refused before. */
export function useAdmission(refused: boolean, retry: () => void): void {
  useEffect(() => {
    if (!refused) return;
    window.addEventListener(ADMITTED, retry);
    return () => window.removeEventListener(ADMITTED, retry);
  }, [refused, retry]);
}
