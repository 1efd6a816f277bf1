import { createContext, useContext } from "react";

export interface ImageSearch {
  /** Search by a file. */
  byFile: (file: Blob) => void;
  /** Search by the image at an address; what is wrong with the address, or nothing. */
  byAddress: (address: string) => string;
}

export const ImageSearchContext = createContext<ImageSearch | null>(null);

export function useImageSearch(): ImageSearch {
  const search = useContext(ImageSearchContext);
  if (!search) throw new Error("useImageSearch outside of the layout");
  return search;
}

/** An address as the page may read it, or what is wrong with it. */
export function readable(address: string, origin: string): { address: string } | { problem: string } {
  let url: URL;
  try {
    url = new URL(address.trim());
  } catch {
    return { problem: "This is not an address. It should look like https://shop.example/image.jpg" };
  }
  if (url.origin === origin) return { address: url.pathname + url.search };
  if (url.protocol !== "https:") return { problem: "Only addresses that begin with https:// can be read." };
  return { address: url.href };
}
