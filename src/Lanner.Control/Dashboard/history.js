// The samples of an app, a second each, for the last ten minutes: the first question brings all, the next ones what is new.
import { appPath, get } from "./api.js";

export function history(name) {
  let samples = [], kept = 600;
  return {
    get samples() { return samples; },

    async load() {
      const last = samples.at(-1)?.at;
      const answer = await get(appPath(name, "history") + (last ? `?after=${encodeURIComponent(last)}` : ""));
      kept = answer.kept;
      samples = [...samples, ...answer.samples.filter((sample) => !last || sample.at > last)].slice(-kept);
    },

    last: (count) => samples.slice(-count),

    sum: (some, key) => some.reduce((total, sample) => total + sample[key], 0),

    /** The largest of these, or null. */
    most: (some, key) => some.reduce((most, sample) => (sample[key] !== null && (most === null || sample[key] > most) ? sample[key] : most), null),

    /** The one in the middle of these, or null: a quantile of quantiles, as good as a chart needs. */
    middle(some, key) {
      const known = some.map((sample) => sample[key]).filter((value) => value !== null).sort((a, b) => a - b);
      return known.length === 0 ? null : known[Math.floor(known.length / 2)];
    },
  };
}
