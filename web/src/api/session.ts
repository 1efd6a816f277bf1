import { client } from "./client";
import { ApiProblem } from "./problems";

/** What the window hears once a key was accepted: whatever was refused without one can be asked again. */
export const ADMITTED = "vitrine:admitted";

/** Give the server a key, which it keeps in a cookie that no script can read. */
export async function openSession(key: string): Promise<void> {
  // Headers are bytes: other letters than Latin ones would be refused by the browser.
  const bytes = String.fromCharCode(...new TextEncoder().encode(key));
  await done(client.POST("/session", { headers: { "X-API-Key": bytes } }));
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
