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

    /** Mean time in the app over these samples, ms; null when nothing was answered. */
    mean(some) {
      const answered = some.reduce((total, sample) => total + sample.requests, 0);
      return answered === 0 ? null : some.reduce((total, sample) => total + (sample.mean_ms ?? 0) * sample.requests, 0) / answered;
    },
  };
}
