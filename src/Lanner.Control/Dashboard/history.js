// The samples of an app, a second each, for the last ten minutes: the first question brings all, the next ones what is new.
import { appPath, get } from "./api.js";

export function history(name) {
  let samples = [], kept = 600;

  const last = (count) => samples.slice(-count);

  /**
   * The last seconds and a little more in pieces of several, the oldest first. Pieces end where the clock shows a round time, so that what is past
   * stays as it is; the first may lack its beginning, and the last one its end.
   */
  function pieces(span, size) {
    const groups = [];
    for (const sample of last(span + 2 * size)) {
      const at = size === 1 ? sample.time : Math.ceil(sample.time / (size * 1000)) * size * 1000;
      if (groups.at(-1)?.at !== at) groups.push({ at, samples: [] });
      groups.at(-1).samples.push(sample);
    }
    return groups.map((group) => pieceOf(group.samples, group.at));
  }

  return {
    last,
    pieces,

    /** The same, all of one length, the newest up to now: a line of them does not tremble at its ends. */
    flow(span, size) {
      const now = samples.at(-1)?.time;
      return now === undefined ? [] : [...pieces(span, size).slice(1).filter((piece) => piece.at < now), pieceOf(last(size), now)];
    },

    async load() {
      const latest = samples.at(-1)?.at;
      const answer = await get(appPath(name, "history") + (latest ? `?after=${encodeURIComponent(latest)}` : ""));
      kept = answer.kept;
      const fresh = answer.samples.filter((sample) => !latest || sample.at > latest);
      samples = [...samples, ...fresh.map((sample) => ({ ...sample, time: Date.parse(sample.at) }))].slice(-kept);
    },
  };
}

/** What samples are together: means of what there is each second, and the worst of what is worth a look. `errors` is their number. */
function pieceOf(some, at) {
  return {
    at,
    requests: mean(some, "requests"),
    errors: sum(some, "errors"),
    errors_per_second: mean(some, "errors"),
    p50_ms: middle(some, "p50_ms"),
    p99_ms: most(some, "p99_ms"),
    wait_ms: mean(some, "wait_ms"),
    busy: mean(some, "busy"),
    queue: most(some, "queue"),
    threads: most(some, "threads"),
  };
}

const known = (some, key) => some.map((sample) => sample[key]).filter((value) => value !== null);

export const sum = (some, key) => known(some, key).reduce((total, value) => total + value, 0);

export const mean = (some, key) => (known(some, key).length === 0 ? null : sum(some, key) / known(some, key).length);

export const most = (some, key) => (known(some, key).length === 0 ? null : Math.max(...known(some, key)));

/** The one in the middle: a quantile of quantiles, as good as a chart needs. */
export function middle(some, key) {
  const sorted = known(some, key).sort((a, b) => a - b);
  return sorted.length === 0 ? null : sorted[Math.floor(sorted.length / 2)];
}
