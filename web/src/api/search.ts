import type { SearchState } from "../state/searchUrl";
import { answered, client, type GroupedProduct, type Models, type Schemas, type SearchResponse } from "./client";

export type Arm = "a" | "b" | "best" | "ab";

/** Send the search that the state describes; `image` is the one that it refers to, if any. */
export function search(state: SearchState, image: Blob | null, signal: AbortSignal): Promise<SearchResponse> {
  if (image) return searchByImage(state, image, signal);
  if (state.like) return similar(state, signal);
  return byWords(state, signal);
}

function byWords(state: SearchState, signal: AbortSignal): Promise<SearchResponse> {
  const body = request(state);
  if (!state.catalogue) return answered(client.POST("/predict", { body, signal }));
  if (state.catalogue === "all") return answered(client.POST("/all/search", { body, signal }));
  const params = { path: { catalogue: state.catalogue } };
  return answered(client.POST("/{catalogue}/search", { params, body, signal }));
}

function searchByImage(state: SearchState, image: Blob, signal: AbortSignal): Promise<SearchResponse> {
  const { filters, ...rest } = request(state);
  const fields = {
    ...rest,
    image_share: state.share,
    catalogue: state.catalogue,
    filters: JSON.stringify(filters),
  };
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  form.append("file", image, "image");
  // The schema knows a file as a string; what is sent is the form.
  const body = { ...fields, file: "" };
  return answered(client.POST("/predict-image", { body, bodySerializer: () => form, signal }));
}

function similar(state: SearchState, signal: AbortSignal): Promise<SearchResponse> {
  const { brand, category, color, priceMin, priceMax, attributes } = state.filters;
  const { k, offset, min_score, sort } = request(state);
  const filters = { brand, category, color, price_min: priceMin, price_max: priceMax, attributes: JSON.stringify(attributes) };
  const query = { k, offset, min_score, sort, ...filters, ...within(state.catalogue) };
  const params = { path: { product_id: state.like }, query };
  return answered(client.GET("/products/{product_id}/similar", { params, signal }));
}

export function searchArm(arm: Arm, state: SearchState, signal: AbortSignal): Promise<SearchResponse> {
  const options = { body: { ...request(state), facets: false }, signal };
  switch (arm) {
    case "a":
      return answered(client.POST("/search_a", options));
    case "b":
      return answered(client.POST("/search_b", options));
    case "best":
      return answered(client.POST("/search_best", options));
    case "ab":
      return answered(client.POST("/search_ab", options));
  }
}

export function product(id: string, catalogue: string, signal: AbortSignal): Promise<GroupedProduct> {
  const params = { path: { product_id: id }, query: within(catalogue) };
  return answered(client.GET("/products/{product_id}", { params, signal }));
}

export function models(signal: AbortSignal): Promise<Models> {
  return answered(client.GET("/models", { signal }));
}

function within(catalogue: string): { catalogue?: string } {
  return catalogue && catalogue !== "all" ? { catalogue } : {};
}

function request(state: SearchState) {
  const { brand, category, color, priceMin, priceMax, attributes } = state.filters;
  return {
    query: state.query,
    k: state.k,
    offset: (state.page - 1) * state.k,
    min_score: state.minScore,
    filters: { brand, category, color, price_min: priceMin, price_max: priceMax, attributes },
    sort: state.sort,
    facets: true,
    rewrite: !state.exact,
    interpret: !state.literal,
    anyway: state.anyway,
  } satisfies Schemas["SearchRequest"];
}
