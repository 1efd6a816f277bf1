import { useCallback, useEffect, useState } from "react";
import { admissions } from "../api/session";
import { load } from "./queryImages";
import { useAdmission } from "./useAdmission";

export interface QueryImage {
  blob: Blob | null;
  /** To show it. */
  url: string;
  /** Why there is none. */
  problem: string;
}

const NONE: QueryImage = { blob: null, url: "", problem: "" };

/** The image that an address of a search names. One that the server may have refused without a key is loaded again. */
export function useQueryImage(name: string): QueryImage {
  const [found, setFound] = useState<{ name: string; image: QueryImage; admissions: number }>({ name: "", image: NONE, admissions: 0 });
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
        setFound({ name, image: { blob, url, problem: "" }, admissions: accepted });
      },
      (error: Error) => current && setFound({ name, image: { ...NONE, problem: error.message }, admissions: accepted }),
    );
    return () => {
      current = false;
      URL.revokeObjectURL(url);
    };
  }, [name, attempt]);

  const image = found.name === name ? found.image : NONE;
  useAdmission(image.problem ? found.admissions : null, retry);
  return image;
}
