/** The state of a search, as the address holds it: the same address is always the same search. */

export const FIELDS = ["category", "brand", "color"] as const;
export type Field = (typeof FIELDS)[number];

export const SORTS = ["relevance", "price_asc", "price_desc", "popularity"] as const;
/** One of `SORTS`, `newest`, or an attribute with its direction: `weight:asc`. */
export type Sort = string;

/** A number or a date. */
export type End = number | string;
/** The values, the truth or the range that an attribute is filtered by. */
export type Condition = string[] | boolean | { min?: End; max?: End };
export type Conditions = Readonly<Record<string, Condition>>;

export interface Filters extends Record<Field, string[]> {
  priceMin: number | null;
  priceMax: number | null;
  attributes: Conditions;
}

export interface SearchState {
  query: string;
  /** The query is searched as it is, not corrected. */
  exact: boolean;
  /** Words about prices and negations are searched for, and are no filters. */
  literal: boolean;
  /** The query, words or an image, is searched although it looks like junk. */
  anyway: boolean;
  /** The id of a product, to find similar ones. */
  like: string;
  /** The id of an image that this browser holds, or an address of one. */
  image: string;
  /** The image's share beside words. */
  share: number;
  /** A catalogue, `all`, or nothing for the one that the server chooses. */
  catalogue: string;
  k: number;
  minScore: number;
  page: number;
  filters: Filters;
  sort: Sort;
}

export const PAGE_SIZES = [12, 24, 48, 96];
export const NO_FILTERS: Filters = { category: [], brand: [], color: [], priceMin: null, priceMax: null, attributes: {} };
export const START: SearchState = {
  query: "",
  exact: false,
  literal: false,
  anyway: false,
  like: "",
  image: "",
  share: 0.5,
  catalogue: "",
  k: 24,
  minScore: 0,
  page: 1,
  filters: NO_FILTERS,
  sort: "relevance",
};

const PRODUCT = "/product/";
const LONGEST_QUERY = 1000;
const MOST_VALUES = 50;
const MOST_CONDITIONS = 20;
const BY_ATTRIBUTE = /^[a-z][a-z0-9_]{0,63}:(asc|desc)$/;
const CONDITION = /^(is|flag|min|max)\.([a-z][a-z0-9_]{0,63})$/;
const DATE = /^\d{4}-\d{2}-\d{2}/;

export function read(params: URLSearchParams): SearchState {
  const values = (name: string) => params.getAll(name).filter(Boolean).slice(0, MOST_VALUES);
  const k = Math.round(number(params, "k", START.k, 1, 100));
  const sort = params.get("sort") ?? "";
  return {
    query: (params.get("q") ?? "").trim().slice(0, LONGEST_QUERY),
    exact: params.has("exact"),
    literal: params.has("literal"),
    anyway: params.has("anyway"),
    like: params.get("like") ?? "",
    image: params.get("image") ?? "",
    share: number(params, "share", START.share, 0, 1),
    catalogue: params.get("catalogue") ?? "",
    k,
    minScore: number(params, "min", 0, 0, 1),
    page: Math.round(number(params, "page", 1, 1, Math.floor(10_000 / k))),
    filters: {
      category: values("category"),
      brand: values("brand"),
      color: values("color"),
      priceMin: price(params, "from"),
      priceMax: price(params, "to"),
      attributes: conditions(params),
    },
    sort: isSort(sort) ? sort : START.sort,
  };
}

/** The shortest address of a state: what is as at the start is left out. */
export function write(state: SearchState): URLSearchParams {
  const params = new URLSearchParams();
  const put = (name: string, value: string | number | null, start: string | number | null) => {
    if (value !== start && value !== null) params.append(name, String(value));
  };
  put("q", state.query, "");
  put("like", state.like, "");
  put("image", state.image, "");
  put("share", state.share, START.share);
  put("catalogue", state.catalogue, "");
  for (const field of FIELDS) for (const value of state.filters[field]) params.append(field, value);
  put("from", state.filters.priceMin, null);
  put("to", state.filters.priceMax, null);
  for (const [name, condition] of Object.entries(state.filters.attributes)) putCondition(params, name, condition);
  put("sort", state.sort, START.sort);
  put("k", state.k, START.k);
  put("min", state.minScore, 0);
  if (state.exact) params.append("exact", "1");
  if (state.literal) params.append("literal", "1");
  if (state.anyway) params.append("anyway", "1");
  put("page", state.page, 1);
  return params;
}

/** Another search with the same settings: filters, corrections and pages start anew. */
export function newSearch(state: SearchState, fields: Partial<SearchState>): SearchState {
  const { catalogue, k, minScore } = state;
  return { ...START, catalogue, k, minScore, ...fields };
}

/** The same search, narrowed or shown differently, from its first page. */
export function refine(state: SearchState, changed: Partial<SearchState>): SearchState {
  return { ...state, page: 1, ...changed };
}

export function isSort(name: string): boolean {
  return name === "newest" || SORTS.some((sort) => sort === name) || BY_ATTRIBUTE.test(name);
}

export function hasFilters({ filters }: SearchState): boolean {
  const byPrice = filters.priceMin !== null || filters.priceMax !== null;
  return byPrice || FIELDS.some((field) => filters[field].length > 0) || Object.keys(filters.attributes).length > 0;
}

export function hasQuery(state: SearchState): boolean {
  return Boolean(state.query || state.like || state.image);
}

export function searchPath(state: SearchState, path = "/search"): string {
  const params = write(state).toString();
  return params ? `${path}?${params}` : path;
}

export function productPath(id: string, catalogue: string): string {
  const suffix = catalogue ? `?${new URLSearchParams({ catalogue })}` : "";
  return `${PRODUCT}${encodeURIComponent(id)}${suffix}`;
}

/** The id in a product's path. The router would take %2F for a slash even where an id has these three letters. */
export function productOf(pathname: string): string {
  const id = pathname.slice(PRODUCT.length);
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** The conditions of attributes: `is.size=S`, `flag.waterproof=true`, `min.weight=1`, `max.released=2026-11-30`. */
function conditions(params: URLSearchParams): Conditions {
  const found: Record<string, Condition> = {};
  for (const [key, text] of params) {
    const [, kind, name] = CONDITION.exec(key) ?? [];
    if (!kind || !name || !text || (!(name in found) && Object.keys(found).length === MOST_CONDITIONS)) continue;
    const known = found[name];
    if (kind === "flag") found[name] = text === "true";
    else if (kind === "is") found[name] = [...(Array.isArray(known) ? known : []), text].slice(0, MOST_VALUES);
    else if (DATE.test(text) || Number.isFinite(Number(text))) {
      const range = typeof known === "object" && !Array.isArray(known) ? known : {};
      found[name] = { ...range, [kind]: DATE.test(text) ? text : Number(text) };
    }
  }
  return found;
}

function putCondition(params: URLSearchParams, name: string, condition: Condition): void {
  if (typeof condition === "boolean") params.append(`flag.${name}`, String(condition));
  else if (Array.isArray(condition)) for (const value of condition) params.append(`is.${name}`, value);
  else for (const [end, value] of Object.entries(condition)) params.append(`${end}.${name}`, String(value));
}

function number(params: URLSearchParams, name: string, otherwise: number, least: number, most: number): number {
  const text = params.get(name);
  const value = text ? Number(text) : NaN;
  return Number.isFinite(value) ? Math.min(Math.max(value, least), most) : otherwise;
}

function price(params: URLSearchParams, name: string): number | null {
  const value = number(params, name, -1, -1, Number.MAX_SAFE_INTEGER);
  return value < 0 ? null : value;
}
