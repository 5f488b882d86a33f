// When the server tells that something has changed, the pages need not wait for their second.
import { refresh } from "./poll.js";

let source = null;

export function follow() {
  source?.close();
  source = new EventSource("v1/events");
  source.onmessage = refresh;
  for (const kind of ["app", "worker", "generation", "settings", "server"]) source.addEventListener(kind, refresh);
  // A server without them is asked once; one that went away is asked again by the browser.
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) source = null; };
}
