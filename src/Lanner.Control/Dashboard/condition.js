// How an app fares, in a word for people and a look for the style sheet. "ready" is green only where nothing needs a look.

/** Who waits for a thread for so long is not just in a crowd of the moment. */
const patience = 1000;

/** @returns {{look: string, word: string}} */
export function conditionOf(app) {
  if (app.state === "stopped") return { look: "stopped", word: "starts on the first request" };
  if (app.state !== "ready") return { look: app.state, word: app.state };
  if (isSaturated(app)) return { look: "degraded", word: "saturated" };
  if (app.last_error && app.last_error.kind !== "death") return { look: "degraded", word: { load: "reload failed", scale: "scaling failed", worker: "worker failed" }[app.last_error.kind] };
  return { look: "ready", word: "ready" };
}

const isSaturated = (app) => app.queue.length > 0 && app.queue.oldest_ms >= patience;

/** What the last error of an app means for those it serves. */
export function headingOf({ last_error: error, generation }) {
  switch (error.kind) {
    case "load": return generation > 0 ? `Reload failed; generation ${generation} still serves` : "The app did not start";
    case "scale": return "Scaling failed; the workers before still serve";
    case "worker": return "A worker failed";
    default: return "A worker ended unexpectedly";
  }
}
