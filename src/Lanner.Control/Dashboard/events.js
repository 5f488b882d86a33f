// When the server tells that something has changed, the pages need not wait for their second.
import { refresh } from "./poll.js";

const kinds = ["server", "app", "worker", "death", "reload", "config", "settings"];

let source = null;
let wanted = false;

export function follow() {
  wanted = true;
  listen();
}

function listen() {
  source?.close();
  source = null;
  // A browser keeps few connections to one server: a page that nobody sees holds none.
  if (!wanted || document.hidden) return;
  source = new EventSource("v1/events");
  for (const kind of kinds) source.addEventListener(kind, refresh);
}

document.addEventListener("visibilitychange", listen);
