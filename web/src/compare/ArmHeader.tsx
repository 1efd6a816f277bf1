import type { SearchResponse } from "../api/client";
import { duration, version } from "../format";

/** Which model answered, and how fast. */
export function ArmHeader({ title, response }: { title: string; response: SearchResponse | null }) {
  return (
    <header className="mb-4 flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line pb-4">
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      <p className="min-h-4 text-xs tabular-nums text-ink-soft">
        {response &&
          [
            ...Object.entries(response.versions).map(([name, number]) => `${name}, version ${version(number)}`),
            duration(response.took_ms),
          ].join(" · ")}
      </p>
    </header>
  );
}
