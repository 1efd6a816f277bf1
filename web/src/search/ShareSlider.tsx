import { useId } from "react";
import { percent } from "../format";
import { useSettled } from "./useSettled";

/** How much the image counts beside the words. */
export function ShareSlider({ share, onChange }: { share: number; onChange: (share: number) => void }) {
  const id = useId();
  const [value, setValue] = useSettled(share, onChange);
  return (
    <div className="flex items-center gap-3 text-sm">
      <label htmlFor={id} className="sr-only">
        The image’s share
      </label>
      <span aria-hidden="true" className="text-ink-soft">
        Words
      </span>
      <input
        id={id}
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={value}
        aria-valuetext={`${percent(value)} image, ${percent(1 - value)} words`}
        onChange={(event) => setValue(Number(event.target.value))}
        className="w-40"
      />
      <span aria-hidden="true" className="text-ink-soft">
        Image
      </span>
      <output htmlFor={id} className="w-10 font-medium tabular-nums">
        {percent(value)}
      </output>
    </div>
  );
}
