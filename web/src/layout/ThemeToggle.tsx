import { type Theme, THEMES, useTheme } from "../state/useTheme";
import { IconButton } from "../ui/Button";
import { Icon, type IconName } from "../ui/Icon";

const ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };
const NAMES: Record<Theme, string> = { system: "as the system", light: "light", dark: "dark" };

/** Goes through the themes. */
export function ThemeToggle() {
  const [theme, setTheme] = useTheme();
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  return (
    <IconButton label={`Theme: ${NAMES[theme]}. Change to ${NAMES[next]}`} onClick={() => setTheme(next)}>
      <Icon name={ICONS[theme]} />
    </IconButton>
  );
}
