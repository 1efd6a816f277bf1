import type { Rule } from "../api/rules";
import { hasConditions, NONE } from "./selection";

/** A rule for a query that does nothing yet. */
export function newRule(query: string, names: string[]): Rule {
  const base = nameOf(query);
  let name = base;
  for (let number = 2; names.includes(name); number++) name = `${base}-${number}`;
  const none = { catalogue: null, starts: null, ends: null, redirect: null };
  return { name, when: { query, match: "exact", category: null }, ...none, pin: [], boost: [], bury: [], hide: [] };
}

/** A name for a rule, of the characters that names may have. */
export function nameOf(query: string): string {
  const letters = query.normalize("NFD").toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return letters.replace(/^-+|-+$/g, "").slice(0, 48) || "rule";
}

export function doesSomething(rule: Rule): boolean {
  return Boolean(rule.pin.length || rule.boost.length || rule.bury.length || rule.hide.length || rule.redirect);
}

/** The ids of the products that a rule hides one by one. */
export function hiddenIds(rule: Rule): string[] {
  return rule.hide.flatMap((selection) => selection.product_id);
}

export function togglePin(rule: Rule, id: string): Rule {
  const pin = rule.pin.includes(id) ? rule.pin.filter((each) => each !== id) : [...rule.pin, id];
  return { ...rule, pin };
}

/** Move a pinned product up or down by one place. */
export function movePin(rule: Rule, id: string, by: 1 | -1): Rule {
  const from = rule.pin.indexOf(id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= rule.pin.length) return rule;
  const pin = [...rule.pin];
  pin.splice(from, 1);
  pin.splice(to, 0, id);
  return { ...rule, pin };
}

export function toggleHidden(rule: Rule, id: string): Rule {
  if (!hiddenIds(rule).includes(id)) {
    return { ...rule, pin: rule.pin.filter((each) => each !== id), hide: [...rule.hide, { ...NONE, product_id: [id] }] };
  }
  const hide = rule.hide
    .map((selection) => ({ ...selection, product_id: selection.product_id.filter((each) => each !== id) }))
    .filter((selection) => selection.product_id.length || hasConditions(selection));
  return { ...rule, hide };
}

/** What a rule does, in a few words. */
export function summary(rule: Rule): string {
  const parts = [
    rule.pin.length && `${rule.pin.length} pinned`,
    rule.boost.length && `${rule.boost.length} boosted`,
    rule.bury.length && `${rule.bury.length} buried`,
    rule.hide.length && `${rule.hide.length} hidden`,
    rule.redirect && `leads to ${rule.redirect}`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** The searches that a rule applies to, in a few words. */
export function condition({ when: { query, match, category } }: Rule): string {
  const words = query && (match === "contains" ? `searches with “${query}” in them` : `“${query}”`);
  return [words, category && `category ${category}`].filter(Boolean).join(", ");
}

/** The days on which a rule applies, in a few words, as seen at `now`. */
export function period(rule: Rule, now: number): string {
  const starts = rule.starts && Date.parse(rule.starts);
  const ends = rule.ends && Date.parse(rule.ends);
  if (ends && ends <= now) return `ended on ${day(rule.ends)}`;
  const until = ends ? ` until ${day(rule.ends)}` : "";
  if (starts && starts > now) return `from ${day(rule.starts)}${until}`;
  return until.trim();
}

/** The date of a time, in UTC, as fields for dates have it. */
export function day(time: string | null | undefined): string {
  return time ? time.slice(0, 10) : "";
}
