import { createContext, useContext } from "react";
import type { CatalogueInfo, Models } from "../api/client";
import type { Asked } from "./useAsk";

export const ModelsContext = createContext<Asked<Models> | null>(null);

/** What the server can be asked; its `data` is null until it has said so. */
export function useModels(): Asked<Models> {
  const models = useContext(ModelsContext);
  if (!models) throw new Error("useModels outside of the layout");
  return models;
}

/** The catalogue that a name means, or that an empty name stands for. */
export function catalogueOf(models: Models | null, name: string): CatalogueInfo | undefined {
  const all = models?.catalogues ?? [];
  return all.find((one) => one.name === name) ?? all.find((one) => one.default) ?? all[0];
}

/** Whether a picture can be asked with: unknown counts as yes, the server will say. */
export function searchesImages(models: Models | null, name: string): boolean {
  const all = models?.catalogues ?? [];
  const asked = all.filter((one) => one.name === name);
  const candidates = asked.length > 0 ? asked : all;
  return candidates.length === 0 || candidates.some((one) => one.searches_images);
}
