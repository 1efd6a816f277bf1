import { answered, client, type Schemas } from "./client";

export type Suggestion = Schemas["Suggestion"];

/** What the server suggests for the beginning of a query; without a catalogue, for the one that searches have. */
export async function suggest(q: string, catalogue: string, signal: AbortSignal): Promise<Suggestion[]> {
  const query = catalogue && catalogue !== "all" ? { q, catalogue } : { q };
  return (await answered(client.GET("/suggest", { params: { query }, signal }))).suggestions;
}
