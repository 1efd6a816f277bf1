import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

interface NoticeProps {
  icon: IconName;
  title: string;
  alert?: boolean;
  children?: ReactNode;
}

/** Something to say in place of results. */
export function Notice({ icon, title, alert = false, children }: NoticeProps) {
  return (
    <div role={alert ? "alert" : undefined} className="arrive mx-auto flex max-w-xl flex-col items-center py-16 text-center">
      <span
        className={`mb-5 grid size-14 place-items-center rounded-2xl ${alert ? "bg-danger-wash text-danger" : "bg-accent-wash text-accent"}`}
      >
        <Icon name={icon} className="size-7" />
      </span>
      <h2 className="text-xl font-semibold tracking-tight text-balance">{title}</h2>
      <div className="mt-2 space-y-5 text-pretty text-ink-soft">{children}</div>
    </div>
  );
}
