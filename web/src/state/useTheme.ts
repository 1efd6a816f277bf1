import { useEffect, useState } from "react";
import { keep, recall } from "./stored";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "vitrine.theme"; // public/assets/theme.js reads it, too

/** The chosen theme, remembered in this browser. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(remembered);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    keep(() => localStorage, KEY, theme === "system" ? null : theme);
  }, [theme]);
  return [theme, setTheme];
}

function remembered(): Theme {
  const found = recall(() => localStorage, KEY);
  return THEMES.find((theme) => theme === found) ?? "system";
}
