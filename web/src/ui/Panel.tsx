import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./Button";
import { Icon } from "./Icon";

/** A sheet over the page: at its side, or from below on phones. Escape and a click outside close it. */
export function Panel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    // The browser keeps the focus inside, and gives it back.
    if (!element.open) element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
      className="fixed inset-x-0 bottom-0 top-auto m-0 max-h-[88dvh] w-full max-w-none overflow-y-auto overscroll-contain rounded-t-3xl bg-raised p-0 text-ink shadow-lift motion-safe:animate-[rise_0.25s_ease-out] sm:inset-y-0 sm:left-auto sm:right-0 sm:h-dvh sm:max-h-none sm:w-[27rem] sm:rounded-none sm:rounded-l-3xl sm:motion-safe:animate-[slide_0.25s_ease-out]"
    >
      <div className="flex min-h-full flex-col p-6">
        <div className="mb-5 flex items-center justify-between gap-4">
          <h2 id={heading} className="text-lg font-semibold tracking-tight">
            {title}
          </h2>
          <IconButton label="Close" onClick={() => dialog.current?.close()} className="-mr-2">
            <Icon name="close" />
          </IconButton>
        </div>
        {children}
      </div>
    </dialog>
  );
}
