import type { ButtonHTMLAttributes } from "react";

type Look = "solid" | "soft" | "quiet";

const SHAPE =
  "inline-flex items-center justify-center gap-2 rounded-full px-4 py-2 text-sm font-medium transition-colors disabled:opacity-50";
const LOOKS: Record<Look, string> = {
  solid: "bg-accent text-on-accent hover:bg-accent-strong",
  soft: "border border-line bg-surface text-ink hover:border-line-strong",
  quiet: "text-ink-soft hover:bg-sunken hover:text-ink",
};

/** For links that look like buttons, too. */
export function buttonClass(look: Look): string {
  return `${SHAPE} ${LOOKS[look]}`;
}

export function Button({ look = "soft", className = "", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look }) {
  return <button type="button" className={`${buttonClass(look)} ${className}`} {...rest} />;
}

/** Only an icon is seen; `label` says what it does. */
export function IconButton({ label, className = "", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`grid size-10 place-items-center rounded-full text-ink-soft transition-colors hover:bg-sunken hover:text-ink ${className}`}
      {...rest}
    />
  );
}
