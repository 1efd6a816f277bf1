import { createContext, useContext } from "react";
import type { CatalogueInfo, Models } from "../api/client";
import type { RequestState } from "./useRequest";

export const ModelsContext = createContext<RequestState<Models> | null>(null);

/** The server's catalogues; `data` is null until they are known. */
export function useModels(): RequestState<Models> {
  const models = useContext(ModelsContext);
  if (!models) throw new Error("useModels outside of the layout");
  return models;
}

/** The catalogue that a name means, or that an empty name stands for. */
export function catalogueOf(models: Models | null, name: string): CatalogueInfo | undefined {
  const all = models?.catalogues ?? [];
  return all.find((catalogue) => catalogue.name === name) ?? all.find((catalogue) => catalogue.default) ?? all[0];
}

/** Whether a catalogue can be searched by image. Yes while that is unknown; the server will say. */
export function searchesImages(models: Models | null, name: string): boolean {
  const all = models?.catalogues ?? [];
  const named = all.filter((catalogue) => catalogue.name === name);
  const candidates = named.length > 0 ? named : all;
  return candidates.length === 0 || candidates.some((catalogue) => catalogue.searches_images);
}
