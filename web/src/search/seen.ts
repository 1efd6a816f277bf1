import type { Schemas } from "../api/client";

/** The probability of the first category from which the page says what an image shows. */
export const CONFIDENT = 0.5;
const MOST = 3;

/** The categories to say that an image shows: the most probable ones, or none if even the first is a guess. */
export function seen(categories: readonly Schemas["PredictedCategory"][]): Schemas["PredictedCategory"][] {
  const [first] = categories;
  return first && first.probability >= CONFIDENT ? categories.slice(0, MOST) : [];
}
