import { useEffect, useState } from "react";
import { Icon } from "../ui/Icon";

/** A file may be dropped anywhere; while one hovers, the page says so. */
export function DropCurtain({ onFile }: { onFile: (file: Blob) => void }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => !event.relatedTarget && setOver(false);
    const drop = (event: DragEvent) => {
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      onFile(file);
    };
    window.addEventListener("dragenter", drag);
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", drag);
      window.removeEventListener("dragover", drag);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [onFile]);
  if (!over) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-50 grid place-items-center bg-page/80 p-6 backdrop-blur-sm">
      <div className="arrive grid size-full max-h-96 max-w-2xl place-content-center justify-items-center gap-4 rounded-[2rem] border-2 border-dashed border-accent bg-accent-wash text-accent">
        <Icon name="image" className="size-12" />
        <p className="text-xl font-semibold">Drop to search by this image</p>
      </div>
    </div>
  );
}
