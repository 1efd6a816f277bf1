import { deviations } from "../format";

interface DeviationBarProps {
  label: string;
  value: number | null;
  missing: string;
}

const LOWEST = -1;
const HIGHEST = 5;

/** A similarity as a bar from chance, which is at zero; the scale grows for values beyond it. */
export function DeviationBar({ label, value, missing }: DeviationBarProps) {
  if (value === null)
    return (
      <p className="mb-4 flex justify-between gap-4 text-sm">
        <span>{label}</span>
        <span className="text-ink-soft">{missing}</span>
      </p>
    );
  const lowest = Math.min(LOWEST, Math.floor(value));
  const highest = Math.max(HIGHEST, Math.ceil(value));
  const at = (point: number) => ((point - lowest) / (highest - lowest)) * 100;
  const ticks = Array.from({ length: highest - lowest + 1 }, (_, step) => lowest + step);
  return (
    <div className="mb-4 text-sm">
      <p className="flex justify-between">
        <span>{label}</span>
        <span className="font-semibold tabular-nums">{deviations(value)}</span>
      </p>
      <div aria-hidden="true" className="relative mt-1.5 h-2.5 rounded-full bg-line">
        <span
          className={`absolute inset-y-0 ${value < 0 ? "rounded-l-full bg-line-strong" : "rounded-r-full bg-accent"}`}
          style={{ left: `${at(Math.min(0, value))}%`, width: `${at(Math.abs(value)) - at(0)}%` }}
        />
        <span className="absolute -inset-y-1 w-0.5 rounded bg-ink" style={{ left: `${at(0)}%` }} />
      </div>
      <div aria-hidden="true" className="relative mt-1 h-4 text-[0.68rem] tabular-nums text-ink-soft">
        {ticks.map((tick) => (
          <span key={tick} className="absolute -translate-x-1/2" style={{ left: `${at(tick)}%` }}>
            {tick === 0 ? "chance" : tick}
          </span>
        ))}
      </div>
    </div>
  );
}
