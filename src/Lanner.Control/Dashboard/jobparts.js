// What the pages of jobs share: results as a sign, a word and a colour, and figures of runs.
import { h, mark, say } from "./dom.js";
import { duration } from "./format.js";

/** Each state with its sign. */
export const states = {
  succeeded: "✓", failed: "✗", "timed-out": "◷", interrupted: "↯", skipped: "∅", running: "▸", claimed: "▸", waiting: "…",
};

export const jobHash = (name, run) => `#/jobs/${encodeURIComponent(name)}${run === undefined ? "" : `/${run}`}`;

export const scheduleOf = (job) => job.schedule ?? "when asked for";

export const makeResult = () => h("span.badge.result", { hidden: true }, h("span", { "aria-hidden": "true" }), " ", h("span", null));

/** @param {string|null} state  null: there is nothing to tell */
export function showResult(badge, state) {
  badge.hidden = state === null;
  if (state === null) return;
  mark(badge, "class", `badge result ${state}`);
  say(badge.children[0], states[state] ?? "?");
  say(badge.children[1], state);
}

const between = (from, to) => Math.max(0, Date.parse(to) - Date.parse(from));

/** How long a run took, or has taken up to now, in milliseconds; null: it has not begun. */
export const took = (run) => (run?.started ? between(run.started, run.finished ?? new Date().toISOString()) : null);

const span = (milliseconds) => duration(milliseconds === null ? null : milliseconds / 1000);

export const runTime = (run) => span(took(run));

/** How long after it was due a run began; of a repetition that tells nothing. */
export const late = (run) => (run?.started && run.attempt === 1 ? span(between(run.due, run.started)) : "–");
