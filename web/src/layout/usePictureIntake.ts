import { useEffect, useMemo, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { type PictureSearch, readable } from "../search/pictureSearch";
import { hold, PictureProblem } from "../state/pictures";
import { ask, read, searchPath } from "../state/searchUrl";

/** Search by pictures, wherever they come from: a new picture starts a search of its own. */
export function usePictureIntake(): { search: PictureSearch; problem: string } {
  const navigate = useNavigate();
  const { search: address, key } = useLocation();
  const [problem, setProblem] = useState({ key: "", text: "" });

  const search = useMemo<PictureSearch>(() => {
    const go = (picture: string) => void navigate(searchPath(ask(read(new URLSearchParams(address)), { picture })));
    return {
      byFile: (file) => {
        hold(file).then(go, (error: unknown) => {
          const text = error instanceof PictureProblem ? error.message : "This image cannot be read.";
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
      const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
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
