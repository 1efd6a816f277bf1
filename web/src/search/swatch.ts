/** Colours that CSS does not know, or that shops mean otherwise. */
const OTHERS: Record<string, string> = {
  apricot: "#fbb982",
  ash: "#b2b8b3",
  azure: "#3d8fe0",
  blush: "#e3a0a8",
  chestnut: "#8a4233",
  chocolate: "#5a3621",
  cobalt: "#1f4fb0",
  ebony: "#2a2724",
  emerald: "#2fae66",
  lemon: "#f9ee52",
  rose: "#ee5d8b",
  scarlet: "#e62517",
  tangerine: "#f48b1b",
};

/** How a colour's name looks: as a whole, else its last word, else its first; nothing for unknown ones. */
export function swatch(name: string): string | null {
  const words = name.toLowerCase().split(/[^a-z]+/).filter(Boolean);
  const tried = [words.join(""), words.at(-1) ?? "", words[0] ?? ""];
  for (const colour of tried) {
    if (OTHERS[colour]) return OTHERS[colour];
    if (colour && !/^(?:inherit|initial|unset|revert|currentcolor|transparent)$/.test(colour) && CSS.supports("color", colour)) return colour;
  }
  return null;
}
