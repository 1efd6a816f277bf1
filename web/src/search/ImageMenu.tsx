import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button, IconButton } from "../ui/Button";
import { Icon, type IconName } from "../ui/Icon";
import { useImageSearch } from "./imageSearch";

/** The ways to search by an image. It stands beside the form that it belongs to: it has one of its own. */
export function ImageMenu({ large }: { large: boolean }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => !root.current?.contains(event.target as Node) && setOpen(false);
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      root.current?.querySelector("button")?.focus();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      document.removeEventListener("keydown", escape);
    };
  }, [open]);
  return (
    <div ref={root}>
      <IconButton
        label="Search by image"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        className={`absolute top-1/2 -translate-y-1/2 ${large ? "right-16 size-12 sm:right-28" : "right-11 sm:right-[5.6rem]"}`}
      >
        <Icon name="camera" className={large ? "size-6" : "size-5"} />
      </IconButton>
      {open && <Ways id={id} onDone={() => setOpen(false)} />}
    </div>
  );
}

function Ways({ id, onDone }: { id: string; onDone: () => void }) {
  return (
    <div
      id={id}
      role="group"
      aria-label="Ways to search by image"
      className="arrive absolute right-0 top-full z-30 mt-2 w-full max-w-sm rounded-3xl border border-line bg-raised p-3 text-left text-base shadow-lift"
    >
      <FileWay icon="upload" onDone={onDone}>
        Choose an image
      </FileWay>
      <div className="hidden pointer-coarse:block">
        <FileWay icon="camera" camera onDone={onDone}>
          Take a photo
        </FileWay>
      </div>
      <AddressWay onDone={onDone} />
      <p className="px-3 pb-1 pt-3 text-xs text-ink-soft pointer-coarse:hidden">
        You can also drop an image anywhere on this page, or paste one.
      </p>
    </div>
  );
}

interface FileWayProps {
  icon: IconName;
  camera?: boolean;
  onDone: () => void;
  children: ReactNode;
}

function FileWay({ icon, camera = false, onDone, children }: FileWayProps) {
  const { byFile } = useImageSearch();
  return (
    <label className="flex items-center gap-3 rounded-2xl px-3 py-2.5 font-medium hover:bg-sunken has-focus-visible:outline-[2.5px] has-focus-visible:outline-accent">
      <Icon name={icon} className="size-5 text-ink-soft" />
      {children}
      <input
        type="file"
        accept="image/*"
        capture={camera ? "environment" : undefined}
        className="sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (!file) return;
          byFile(file);
          onDone();
        }}
      />
    </label>
  );
}

function AddressWay({ onDone }: { onDone: () => void }) {
  const { byAddress } = useImageSearch();
  const [address, setAddress] = useState("");
  const [problem, setProblem] = useState("");
  const field = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = byAddress(address);
    setProblem(wrong);
    if (!wrong) onDone();
  };
  return (
    <form onSubmit={submit} noValidate className="mt-1 border-t border-line px-3 pb-1 pt-3">
      <label htmlFor={field} className="flex items-center gap-3 font-medium">
        <Icon name="link" className="size-5 text-ink-soft" />
        From an address
      </label>
      <div className="mt-2 flex gap-2">
        <input
          id={field}
          type="url"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
          placeholder="https://…"
          aria-invalid={Boolean(problem)}
          aria-describedby={problem ? `${field}-problem` : undefined}
          className="min-w-0 grow rounded-full border border-line-strong/60 bg-surface px-4 py-2 text-sm"
        />
        <Button type="submit">Use</Button>
      </div>
      {problem && (
        <p id={`${field}-problem`} role="alert" className="mt-2 text-sm text-danger">
          {problem}
        </p>
      )}
    </form>
  );
}
