import type { Bin } from "../api/client";
import { plural } from "../format";

interface HistogramProps {
  bins: Bin[] | undefined;
  shown: (end: number | string) => string;
}

/** How many results there are in each part of a range; to be looked at only: the fields beside it say the range. */
export function Histogram({ bins = [], shown }: HistogramProps) {
  if (bins.length < 2) return null;
  const most = Math.max(...bins.map(({ count }) => count));
  return (
    <div aria-hidden="true" className="mt-2 flex h-10 items-end gap-0.5">
      {bins.map(({ min, max, count }) => (
        <span
          key={String(min)}
          title={`${min === max ? shown(min) : `${shown(min)} – ${shown(max)}`}: ${plural(count, "result")}`}
          className="grow rounded-t-sm bg-accent-wash ring-1 ring-inset ring-line-strong/40"
          style={{ height: `${Math.max(8, (100 * count) / most)}%` }}
        />
      ))}
    </div>
  );
}
