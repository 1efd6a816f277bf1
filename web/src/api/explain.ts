import { answered, client, type Result, type Schemas } from "./client";

export type Explanation = Schemas["Explanation"];
export type ImageRelevance = Schemas["ImageRelevance"];
export type WordShare = Schemas["WordShare"];

/** What a result was found by. */
export interface Asked {
  query: string;
  image: Blob | null;
  /** To show the image. */
  imageUrl: string;
  rewrite: boolean;
  interpret: boolean;
}

/** The words and the parts of the images that spoke for a result. */
export function explain(result: Result, asked: Asked, signal: AbortSignal): Promise<Explanation> {
  const { query, image, rewrite, interpret } = asked;
  const form = new FormData();
  for (const [name, value] of Object.entries({ query, rewrite, interpret })) form.append(name, String(value));
  if (image) form.append("file", image, "image");
  const params = { path: { product_id: result.product_id }, query: { catalogue: result.catalogue } };
  // The schema knows a file as a string; what is sent is the form.
  const body = { query, rewrite, interpret };
  return answered(client.POST("/products/{product_id}/explanation", { params, body, bodySerializer: () => form, signal }));
}
