import { useEffect, useMemo, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { type ImageSearch, readable } from "../search/imageSearch";
import { hold, ImageProblem } from "../state/queryImages";
import { newSearch, read, searchPath } from "../state/searchUrl";

/** Search by images, wherever they come from: a new image starts a search of its own. */
export function useImageIntake(): { search: ImageSearch; problem: string } {
  const navigate = useNavigate();
  const { search: address, key } = useLocation();
  const [problem, setProblem] = useState({ key: "", text: "" });

  const search = useMemo<ImageSearch>(() => {
    const go = (image: string) => void navigate(searchPath(newSearch(read(new URLSearchParams(address)), { image })));
    return {
      byFile: (file) => {
        hold(file).then(go, (error: unknown) => {
          const text = error instanceof ImageProblem ? error.message : "This image cannot be read.";
          setProblem({ key, text });
        });
      },
      byAddress: (typed) => {
        const found = readable(typed, window.location.origin);
        if ("problem" in found) return found.problem;
        go(found.address);
        return "";
      },
    };
  }, [navigate, address, key]);

  useEffect(() => {
    const pasted = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find((item) => item.type.startsWith("image/"));
      if (!file) return;
      event.preventDefault();
      search.byFile(file);
    };
    window.addEventListener("paste", pasted);
    return () => window.removeEventListener("paste", pasted);
  }, [search]);

  // What went wrong is forgotten on the way to somewhere else.
  return { search, problem: problem.key === key ? problem.text : "" };
}
