import type { ImageRelevance } from "../api/explain";
import { described, patchesOf } from "./relevance";

interface RelevanceMapProps {
  url: string;
  relevance: ImageRelevance;
  caption: string;
}

/** An image with the parts that speak for a similarity: the others are dark, and the strongest ones outlined. */
export function RelevanceMap({ url, relevance, caption }: RelevanceMapProps) {
  const { patches, region } = relevance;
  const size = (share: number) => `${share * 100}%`;
  return (
    <figure className="min-w-0">
      <div className="relative overflow-hidden rounded-xl bg-sunken">
        <img src={url} alt={`${caption}: ${described(patches)}.`} className="block h-auto w-full" />
        <div
          aria-hidden="true"
          data-map
          className="absolute grid"
          style={{
            left: size(region.left),
            top: size(region.top),
            width: size(region.width),
            height: size(region.height),
            gridTemplateColumns: `repeat(${patches[0]?.length ?? 1}, 1fr)`,
            gridTemplateRows: `repeat(${patches.length}, 1fr)`,
          }}
        >
          {patchesOf(patches).map((patch) => (
            <span
              key={patch.key}
              className={patch.strong ? "outline-2 -outline-offset-2 outline-white/90" : ""}
              style={{ background: `rgb(0 0 0 / ${(1 - patch.strength) * 0.72})` }}
            />
          ))}
        </div>
      </div>
      <figcaption className="mt-1.5 text-xs text-ink-soft">{caption}</figcaption>
    </figure>
  );
}
