import { percent } from "../format";

/** How likely it is what you are looking for. */
export function ScoreMeter({ score }: { score: number }) {
  return (
    <span className="inline-flex items-center gap-2 text-xs tabular-nums text-ink-soft" title="How likely it is what you are looking for">
      <span
        role="meter"
        aria-label="Score"
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={score}
        aria-valuetext={`${percent(score)} match`}
        className="h-1.5 w-12 overflow-hidden rounded-full bg-line max-[22rem]:w-6"
      >
        <span className="block h-full rounded-full bg-accent" style={{ width: `${Math.max(4, score * 100)}%` }} />
      </span>
      <span aria-hidden="true">{percent(score)}</span>
    </span>
  );
}
