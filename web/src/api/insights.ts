import { answered, client, type Schemas } from "./client";

export type Insights = Schemas["Insights"];
export type QueryFigures = Schemas["QueryFigures"];
export type Rising = Schemas["Rising"];

export function insights(signal: AbortSignal): Promise<Insights> {
  return answered(client.GET("/insights", { signal }));
}

/** Have all gateways replace words of queries from now on. */
export async function addSynonym(words: string, replacement: string): Promise<void> {
  await answered(client.POST("/synonyms", { body: { words, replacement } }));
}
