import { client } from "./client";
import { ApiProblem } from "./problems";

/** What the window hears once a key was accepted: whatever was refused without one can be asked again. */
export const LET_IN = "vitrine:let-in";

/** Give the server a key, which it keeps in a cookie that no script can read. */
export async function openSession(key: string): Promise<void> {
  // Headers are bytes: other letters than Latin ones would be refused by the browser.
  const bytes = String.fromCharCode(...new TextEncoder().encode(key));
  try {
    const { response, error } = await client.POST("/session", { headers: { "X-API-Key": bytes } });
    if (!response.ok) throw ApiProblem.of(response, error);
  } catch (error) {
    throw ApiProblem.from(error);
  }
  window.dispatchEvent(new Event(LET_IN));
}
