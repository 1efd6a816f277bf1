import type { WordShare } from "../api/explain";

/** The words of the query that spoke for a result (+) and against it (−), with their shares. */
export function WordShares({ shares }: { shares: readonly WordShare[] }) {
  const highest = Math.max(...shares.map((each) => Math.abs(each.share)), 0.01);
  return (
    <ul aria-label="Words" className="space-y-2.5">
      {shares.map(({ word, share }, at) => (
        <li key={at} className="grid grid-cols-[1.25rem_6.5rem_1fr_3rem] items-center gap-2 text-sm">
          <span aria-hidden="true" className={`text-center font-semibold ${share < 0 ? "text-danger" : "text-exact"}`}>
            {share < 0 ? "−" : "+"}
          </span>
          <span className="truncate" title={word}>
            {word}
            <span className="sr-only">{share < 0 ? " spoke against it" : " spoke for it"}</span>
          </span>
          <span aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-line">
            <span
              className={`block h-full rounded-full ${share < 0 ? "bg-danger" : "bg-exact"}`}
              style={{ width: `${Math.max(0.8, (Math.abs(share) / highest) * 100)}%` }}
            />
          </span>
          <span className="text-right tabular-nums">{share.toFixed(2).replace("-", "−")}</span>
        </li>
      ))}
    </ul>
  );
}
