import { parts } from "../words";

interface MarkedProps {
  text: string;
  words: readonly string[];
  /** Words that spoke against the text, if that is known. */
  against?: readonly string[];
}

/** A text with the words that matched marked; those that spoke against it with a dashed line, and said to. */
export function Marked({ text, words, against = [] }: MarkedProps) {
  return parts(text, words).map((part, at) => {
    if (!part.matched) return part.text;
    const opposed = parts(part.text, against).some((piece) => piece.matched);
    return (
      <mark key={at} className={opposed ? "mark-against" : undefined}>
        {part.text}
        {opposed && <span className="sr-only"> (spoke against it)</span>}
      </mark>
    );
  });
}
