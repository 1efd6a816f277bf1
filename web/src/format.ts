import type { Label } from "./api/client";

const PRICE = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 6 });
const COUNT = new Intl.NumberFormat();

/** A price with its currency, where one is known: a code of ISO 4217, or a sign. */
export function price(value: number, currency?: string | null): string {
  if (!currency) return PRICE.format(value);
  if (!/^[A-Z]{3}$/.test(currency)) return `${PRICE.format(value)} ${currency}`;
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(value);
}

/** The name of an attribute as a title: `shoe_size` is "Shoe size". */
export function title(name: string): string {
  return capitalised(name.replaceAll("_", " ").trim());
}

/** A value of an attribute, with its unit if it has one. */
export function attribute(value: boolean | number | string | readonly string[], unit?: string): string {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return unit ? `${NUMBER.format(value)} ${unit}` : NUMBER.format(value);
  return typeof value === "string" ? value : value.join(", ");
}

export function count(value: number): string {
  return COUNT.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A probability in percent; what is not certain is never said to be. */
export function percent(value: number): string {
  if (value > 0 && value < 0.01) return "<1%";
  if (value < 1 && value > 0.99) return ">99%";
  return `${Math.round(value * 100)}%`;
}

export function deviations(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)} σ`;
}

export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A run's version is the second it was pushed in: a date says more. Other numbers are shown as they are. */
export function version(value: number): string {
  if (value < 1_000_000_000 || value > 9_999_999_999) return String(value);
  return new Date(value * 1000).toISOString().slice(0, 16).replace("T", " ");
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function sentence(text: string): string {
  const upper = capitalised(text.trim());
  return /[.!?…]$/.test(upper) ? upper : `${upper}.`;
}

export const LABELS: Record<Label, { name: string; meaning: string }> = {
  E: { name: "Exact", meaning: "Matches the search." },
  S: { name: "Substitute", meaning: "Not quite a match, but a reasonable alternative." },
  C: { name: "Complement", meaning: "Goes well with what was searched for." },
  I: { name: "Irrelevant", meaning: "Has little to do with the search." },
};
