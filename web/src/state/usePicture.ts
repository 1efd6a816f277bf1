import { useCallback, useEffect, useState } from "react";
import { load } from "./pictures";
import { useAdmission } from "./useAdmission";

export interface Picture {
  blob: Blob | null;
  /** To show it. */
  url: string;
  /** Why there is none. */
  problem: string;
}

const NONE: Picture = { blob: null, url: "", problem: "" };

/** The picture that an address of a search names. One that the server may have refused without a key is loaded again. */
export function usePicture(name: string): Picture {
  const [found, setFound] = useState<{ name: string; picture: Picture }>({ name: "", picture: NONE });
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((before) => before + 1), []);

  useEffect(() => {
    let current = true;
    let url = "";
    if (!name) return;
    load(name).then(
      (blob) => {
        if (!current) return;
        url = URL.createObjectURL(blob);
        setFound({ name, picture: { blob, url, problem: "" } });
      },
      (error: Error) => current && setFound({ name, picture: { ...NONE, problem: error.message } }),
    );
    return () => {
      current = false;
      URL.revokeObjectURL(url);
    };
  }, [name, attempt]);

  const picture = found.name === name ? found.picture : NONE;
  useAdmission(Boolean(picture.problem), retry);
  return picture;
}
