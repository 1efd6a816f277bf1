import { useCallback, useEffect, useState } from "react";
import { admissions } from "../api/session";
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
  const [found, setFound] = useState<{ name: string; picture: Picture; admissions: number }>({ name: "", picture: NONE, admissions: 0 });
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((before) => before + 1), []);

  useEffect(() => {
    let current = true;
    let url = "";
    if (!name) return;
    const accepted = admissions();
    load(name).then(
      (blob) => {
        if (!current) return;
        url = URL.createObjectURL(blob);
        setFound({ name, picture: { blob, url, problem: "" }, admissions: accepted });
      },
      (error: Error) => current && setFound({ name, picture: { ...NONE, problem: error.message }, admissions: accepted }),
    );
    return () => {
      current = false;
      URL.revokeObjectURL(url);
    };
  }, [name, attempt]);

  const picture = found.name === name ? found.picture : NONE;
  useAdmission(picture.problem ? found.admissions : null, retry);
  return picture;
}
