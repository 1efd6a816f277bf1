/** A text in parts, some of which are forms of the words that matched. */
export interface Part {
  text: string;
  matched: boolean;
}

export function parts(text: string, words: readonly string[]): Part[] {
  const stems = new Set(words.map(stem));
  const found: Part[] = [];
  for (const piece of text.split(/([\p{L}\p{N}_]+)/u)) {
    if (!piece) continue;
    const matched = stems.has(stem(piece));
    const last = found.at(-1);
    if (last && last.matched === matched) last.text += piece;
    else found.push({ text: piece, matched });
  }
  return found;
}

/** Roughly an English stem: the server decides what matched, this only finds the place. */
export function stem(word: string): string {
  const lower = word.toLowerCase();
  const cut = lower.replace(/(?:ings?|edly|ed|ies|es|s|y|e)$/, "");
  const short = cut.length >= 3 ? cut : lower;
  return short.replace(/([^aeiou\d])\1$/, "$1");
}
