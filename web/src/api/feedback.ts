import type { Schemas } from "./client";

/** Say that a result was clicked. The browser sends it when it has time, even while the page goes away. */
export function clicked(requestId: string, productId: string, position: number): void {
  const said: Schemas["FeedbackRequest"] = { request_id: requestId, product_id: productId, kind: "click", position };
  const body = new Blob([JSON.stringify(said)], { type: "application/json" });
  if (navigator.sendBeacon("/feedback", body)) return;
  void fetch("/feedback", { method: "POST", body, keepalive: true }).catch(() => undefined);
}
