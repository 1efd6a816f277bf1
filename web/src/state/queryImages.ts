/** Images to search with. Addresses can be shared; files stay in this tab, and outlive a reload where storage allows. */

import { keep, recall } from "./stored";

const SIDE = 1024; // what the server keeps of an image; more would only be slower to send
const SMALL_BYTES = 1_000_000;
/** Formats that are sent as they are if they are small; the browser makes a JPEG of any other that it can decode. */
const SENT = new Set(["image/png", "image/webp", "image/gif", "image/bmp"]);
const QUALITY = 0.9;
const KEY = "vitrine.image.";
const LAST = "vitrine.images";
const HELD = 4;

const held = new Map<string, Blob>();

export class ImageProblem extends Error {}

export function isAddress(image: string): boolean {
  return /^(https?:\/\/|\/(?!\/))/.test(image);
}

/** Hold a file as an image of at most `SIDE` pixels, without what a camera wrote into it, and give its id. */
export async function hold(file: Blob): Promise<string> {
  const image = await fitted(file);
  const id = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  held.set(id, image);
  void store(id, image);
  return id;
}

/** The image that an id or an address stands for. */
export async function load(image: string): Promise<Blob> {
  const found = held.get(image);
  if (found) return found;
  const loaded = isAddress(image) ? await download(image) : await stored(image);
  held.set(image, loaded);
  return loaded;
}

async function fitted(file: Blob): Promise<Blob> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    if (!file.type.startsWith("image/")) throw new ImageProblem("This file is not an image.");
    // The server reads formats that a browser may not; it has a limit of its own.
    return file;
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size <= SMALL_BYTES && SENT.has(file.type)) return file;
  return asJpeg(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
}

/** Fetched as an image, not as data: the page's policy allows images from elsewhere and nothing else. */
function download(address: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.crossOrigin = "anonymous";
    image.onload = () => {
      const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
      const size = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
      asJpeg(image, size[0] ?? 1, size[1] ?? 1).then(resolve, reject);
    };
    image.onerror = () =>
      reject(
        new ImageProblem(
          "That site does not let other pages read its images, or there is no image at this address. " +
            "Save the image and drop the file here, or copy and paste it.",
        ),
      );
    image.src = address;
  });
}

function asJpeg(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) throw new ImageProblem("This browser cannot draw images.");
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new ImageProblem("This image cannot be read."))),
      "image/jpeg",
      QUALITY,
    ),
  );
}

async function store(id: string, image: Blob): Promise<void> {
  const ids = (recall(() => sessionStorage, LAST) ?? "").split(",").filter(Boolean);
  for (const old of ids.splice(0, Math.max(0, ids.length - HELD + 1))) keep(() => sessionStorage, KEY + old, null);
  keep(() => sessionStorage, LAST, [...ids, id].join(","));
  keep(() => sessionStorage, KEY + id, await asText(image));
}

function asText(image: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new ImageProblem("This image cannot be read."));
    reader.readAsDataURL(image);
  });
}

function stored(id: string): Promise<Blob> {
  const text = recall(() => sessionStorage, KEY + id);
  if (text) return Promise.resolve(decoded(text));
  return Promise.reject(
    new ImageProblem("This search used an image from someone's device, which is not part of the link. Add the image again."),
  );
}

function decoded(text: string): Blob {
  const comma = text.indexOf(",");
  const type = /^data:([^;,]+)/.exec(text)?.[1] ?? "image/jpeg";
  return new Blob([Uint8Array.from(atob(text.slice(comma + 1)), (character) => character.charCodeAt(0))], { type });
}
