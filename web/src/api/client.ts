import createClient from "openapi-fetch";
import { ApiProblem } from "./problems";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type SearchResponse = Schemas["SearchResponse"];
export type Result = Schemas["Result"];
export type Product = Schemas["Product"];
export type GroupedProduct = Schemas["GroupedProduct"];
export type Models = Schemas["Models"];
export type CatalogueInfo = Schemas["CatalogueInfo"];
export type Facets = Schemas["Facets"];
export type AttributeFacet = Schemas["AttributeFacet"];
export type Bin = Schemas["Bin"];
export type Count = Schemas["Count"];
export type Label = Result["label"];

export const client = createClient<paths>({ baseUrl: window.location.origin });

/** What a call answered, or the problem as an exception. */
export async function answered<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  try {
    const { data, error, response } = await call;
    if (data !== undefined) return data;
    throw ApiProblem.of(response, error);
  } catch (error) {
    throw ApiProblem.from(error);
  }
}
