import { parts } from "../words";

/** A text with the words that matched marked. */
export function Marked({ text, words }: { text: string; words: readonly string[] }) {
  return parts(text, words).map((part, at) => (part.matched ? <mark key={at}>{part.text}</mark> : part.text));
}
