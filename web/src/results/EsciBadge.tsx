import type { Label } from "../api/client";
import { LABELS } from "../format";
import { Icon, type IconName } from "../ui/Icon";

const LOOKS: Record<Label, { icon: IconName; colors: string }> = {
  E: { icon: "check", colors: "bg-exact-wash text-exact" },
  S: { icon: "swap", colors: "bg-substitute-wash text-substitute" },
  C: { icon: "plus", colors: "bg-complement-wash text-complement" },
  I: { icon: "minus", colors: "bg-irrelevant-wash text-irrelevant" },
};

/** A result's ESCI label, as a colour, a drawing and a word. */
export function EsciBadge({ label }: { label: Label }) {
  const { name, meaning } = LABELS[label];
  const { icon, colors } = LOOKS[label];
  return (
    <span title={meaning} className={`inline-flex items-center gap-1 rounded-full py-0.5 pl-1.5 pr-2 text-xs font-medium ${colors}`}>
      <Icon name={icon} className="size-3.5 [&_path]:[stroke-width:2.4]" />
      {name}
    </span>
  );
}
