import type { Move, Rule } from "../api/rules";
import type { AttributeFacet } from "../api/client";
import { attribute, title } from "../format";
import type { Condition, Conditions, End } from "../state/searchUrl";

export type Selection = Rule["hide"][number];

/** What products are selected by: fields of every catalogue, and the attributes of this one but for texts. */
export interface Criterion {
  name: string;
  shown: string;
  type: AttributeFacet["type"];
  unit?: string | null | undefined;
}

const FIELDS = ["brand", "category", "color"] as const;
const SHOWN = { brand: "Brand", category: "Category", color: "Colour", price: "Price" };

export const BRAND: Criterion = { name: "brand", shown: SHOWN.brand, type: "keyword" };

export function criteria(attributes: Readonly<Record<string, AttributeFacet>> = {}): Criterion[] {
  const fields = FIELDS.map((name): Criterion => ({ ...BRAND, name, shown: SHOWN[name] }));
  const others = Object.entries(attributes).filter(([, { type }]) => type !== "text");
  return [
    ...fields,
    { name: "price", shown: SHOWN.price, type: "number" },
    ...others.map(([name, { type, unit }]): Criterion => ({ name, shown: title(name), type, unit })),
  ];
}

/** A selection without ids and conditions, to be completed. */
export const NONE: Selection = { product_id: [], brand: [], category: [], color: [], price_min: null, price_max: null, in_stock: false };

/** The products that meet a criterion: a value, or "from" and "to" of a range; null for what says nothing. */
export function selected({ name, type }: Criterion, value: string, until: string): Selection | null {
  const [first, last] = [value.trim(), until.trim()];
  if (type === "number" || type === "time") {
    if (!first && !last) return null;
    const end = (text: string) => (type === "number" ? Number(text) : text);
    if (name === "price") return { ...NONE, price_min: first ? Number(first) : null, price_max: last ? Number(last) : null };
    return { ...NONE, attributes: { [name]: { ...(first && { min: end(first) }), ...(last && { max: end(last) }) } } };
  }
  if (!first) return null;
  if (FIELDS.some((field) => field === name)) return { ...NONE, [name]: [first] };
  return { ...NONE, attributes: { [name]: type === "boolean" ? first === "true" : [first] } };
}

/** Whether a selection has conditions, rather than ids of products alone. */
export function hasConditions({ brand, category, color, price_min, price_max, in_stock, attributes }: Selection | Move): boolean {
  const ranges = price_min != null || price_max != null;
  return brand.length + category.length + color.length + Object.keys(attributes ?? {}).length > 0 || ranges || in_stock;
}

/** A selection in a few words. */
export function described({ product_id, brand, category, color, price_min, price_max, in_stock, attributes }: Selection | Move): string {
  const price = range({ min: price_min ?? undefined, max: price_max ?? undefined });
  const others = Object.entries((attributes ?? {}) as Conditions).map(([name, condition]) => `${title(name)} ${said(condition)}`);
  const parts = [...brand, ...category, ...color, ...product_id, ...others, price && `price ${price}`, in_stock && "in stock"];
  return parts.filter(Boolean).join(", ");
}

function said(condition: Condition): string {
  if (typeof condition === "boolean") return attribute(condition).toLowerCase();
  return Array.isArray(condition) ? condition.join(" or ") : range(condition);
}

function range({ min, max }: { min?: End | undefined; max?: End | undefined }): string {
  return [min !== undefined && `from ${min}`, max !== undefined && `up to ${max}`].filter(Boolean).join(" ");
}
