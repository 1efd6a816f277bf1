import { useEffect } from "react";
import { LET_IN } from "../api/session";

/** Once a key is accepted, ask again for what was refused before. */
export function useLetIn(refused: boolean, retry: () => void): void {
  useEffect(() => {
    if (!refused) return;
    window.addEventListener(LET_IN, retry);
    return () => window.removeEventListener(LET_IN, retry);
  }, [refused, retry]);
}
