import { Suspense, useEffect, useLayoutEffect, useRef } from "react";
import { Outlet, useLocation, useNavigationType } from "react-router";
import { models } from "../api/search";
import { ImageSearchContext } from "../search/imageSearch";
import { ModelsContext } from "../state/models";
import { useSlash } from "../state/shortcuts";
import { useRequest } from "../state/useRequest";
import { ProblemNotice } from "../ui/ProblemNotice";
import { DropCurtain } from "./DropCurtain";
import { Footer } from "./Footer";
import { Header } from "./Header";
import { OfflineBanner } from "./OfflineBanner";
import { MAIN, SkipLink } from "./SkipLink";
import { useImageIntake } from "./useImageIntake";

/** What surrounds every page. */
export function Layout() {
  const request = useRequest("models", models);
  const intake = useImageIntake();
  const main = useFocusOnArrival();
  useSlash();
  useScrollToTop();
  return (
    <ModelsContext value={request}>
      <ImageSearchContext value={intake.search}>
        <div className="flex min-h-dvh flex-col">
          <SkipLink to={MAIN} place="top">
            Skip to the content
          </SkipLink>
          <Header />
          <OfflineBanner />
          {intake.problem && (
            <p role="alert" className="bg-danger-wash px-6 py-2.5 text-center text-sm text-danger">
              {intake.problem}
            </p>
          )}
          <main id={MAIN} ref={main} tabIndex={-1} className="mx-auto w-full max-w-[90rem] grow px-4 pb-20 sm:px-8">
            {request.problem?.kind === "key" ? (
              <>
                <h1 className="sr-only">Vitrine</h1>
                <ProblemNotice problem={request.problem} retry={request.retry} />
              </>
            ) : (
              <Suspense>
                <Outlet />
              </Suspense>
            )}
          </main>
          <Footer />
        </div>
        <DropCurtain onFile={intake.search.byFile} />
      </ImageSearchContext>
    </ModelsContext>
  );
}

/** Another page takes the focus, so that a screen reader begins there; the first one leaves it to the browser. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

/** A new entry in the history begins at its top. On the way back the browser remembers where one was. */
function useScrollToTop(): void {
  const { key } = useLocation();
  const type = useNavigationType();
  useLayoutEffect(() => {
    if (type === "PUSH") window.scrollTo(0, 0);
  }, [key, type]);
}
