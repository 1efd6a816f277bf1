import { client } from "./client";
import { ApiProblem } from "./problems";

const ADMITTED = "vitrine:admitted";
let admitted = 0;

/** The number of keys accepted so far: requests that were refused before the last one can be sent again. */
export function admissions(): number {
  return admitted;
}

/** Call `listener` whenever a key is accepted; return what ends that. */
export function onAdmission(listener: () => void): () => void {
  window.addEventListener(ADMITTED, listener);
  return () => window.removeEventListener(ADMITTED, listener);
}

/** Give the server a key, which it keeps in a cookie that no script can read. */
export async function openSession(key: string): Promise<void> {
  // Headers are bytes: other letters than Latin ones would be refused by the browser.
  const bytes = String.fromCharCode(...new TextEncoder().encode(key));
  await done(client.POST("/session", { headers: { "X-API-Key": bytes } }));
  admitted += 1;
  window.dispatchEvent(new Event(ADMITTED));
}

/** Have the server forget the key. */
export async function closeSession(): Promise<void> {
  try {
    await done(client.DELETE("/session"));
  } catch (error) {
    // Without a key that counts there is nothing left to forget: another tab was first.
    if (!(error instanceof ApiProblem && error.kind === "key")) throw error;
  }
}

/** What has no answer but that it was done. */
async function done(call: Promise<{ error?: unknown; response: Response }>): Promise<void> {
  try {
    const { response, error } = await call;
    if (!response.ok) throw ApiProblem.of(response, error);
  } catch (error) {
    throw ApiProblem.from(error);
  }
}
