// One job: what it does now, buttons to steer it, and its runs, each with a bar as long as it took.
import { get, jobPath } from "./api.js";
import { pauseJob, resumeJob, runJob } from "./changes.js";
import { each, h, mark, say } from "./dom.js";
import { ago, moment, number, until } from "./format.js";
import { jobHash, late, makeResult, runTime, scheduleOf, showResult, states, took } from "./jobparts.js";
import { poll } from "./poll.js";

const columns = ["Run", "Result", "Due", "Late", "Took", "", "Why"];
const most = 50;

export function jobPage(root, name) {
  const badge = makeResult();
  const facts = h("p.quiet-text", null, "\u00a0");
  const figures = Object.fromEntries(["Next", "Last", "Last took", "Last was late", "Running", "Waiting"].map((label) => [label, h("dd", null, "–")]));
  const steer = h("button", { type: "button", onclick: () => (steer.dataset.paused === "true" ? resumeJob : pauseJob)(name) }, "Pause…");
  const rows = h("tbody", null);
  const none = h("p.empty", { hidden: true }, "No run is kept.");
  const more = h("button", { type: "button", hidden: true, onclick: loadOlder }, "Older runs");
  const gone = h("p.wrong", { role: "alert", hidden: true });
  root.append(
    h("p.path-to", null, h("a", { href: "#/jobs" }, "Jobs")),
    h("div.title", null, h("h1", null, name, " ", badge),
      h("div.actions", null, h("button", { type: "button", onclick: () => runJob(name) }, "Run now…"), steer)),
    facts,
    gone,
    h("dl.figures", null, ...Object.entries(figures).map(([label, value]) => h("div", null, h("dt", null, label), value))),
    h("div.view", null, h("section.panel", { "aria-label": "Runs" },
      h("header", null, h("h2", null, "Runs"),
        h("ul.legend", { "aria-label": "Signs" }, ...Object.entries(states).filter(([state]) => state !== "claimed").map(([state, sign]) =>
          h("li", null, h("span", { "aria-hidden": "true" }, sign), h(`i.bar.${state}`, { "aria-hidden": "true" }), state)))),
      h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Table of runs" },
        h("table.wide.runs", null, h("thead", null, h("tr", null, ...columns.map((title) => h("th", { scope: "col" }, title)))), rows)),
      none,
      h("div.actions", null, more))));
  let newest = [], older = [];

  const pollJob = poll(1, async () => show((await get("v1/jobs")).jobs.find((job) => job.name === name)));
  const pollRuns = poll(1, async () => {
    try {
      newest = (await get(jobPath(name, `runs?limit=${most}`))).runs;
    } catch (refusal) {
      if (refusal.status !== 404) throw refusal;
      newest = [];
    }
    draw();
  });

  function show(job) {
    gone.hidden = Boolean(job);
    steer.disabled = !job;
    if (!job) return say(gone, `There is no job ${name} now.`);
    say(facts, `app ${job.app} · ${job.call} · ${scheduleOf(job)} · ${job.place.split("/").at(-1)}`);
    mark(facts, "title", job.place);
    badge.hidden = !job.paused;
    say(badge, "paused");
    say(figures.Next, job.paused ? "paused" : job.next ? until(job.next) : "–");
    mark(figures.Next, "title", job.next ? moment(job.next) : null);
    say(figures.Last, job.last ? `${states[job.last.state]} ${ago(job.last.finished)} ago` : "never");
    mark(figures.Last.parentElement, "class", job.last && job.last.state !== "succeeded" ? "warn" : "");
    mark(figures.Last, "title", job.last ? `${job.last.state} ${moment(job.last.finished)}` : null);
    say(figures["Last took"], runTime(job.last));
    say(figures["Last was late"], late(job.last));
    say(figures.Running, number(job.running));
    say(figures.Waiting, number(job.waiting));
    mark(steer, "data-paused", job.paused);
    say(steer, job.paused ? "Resume…" : "Pause…");
  }

  function draw() {
    const oldest = newest.at(-1)?.id ?? 0;
    const runs = [...newest, ...older.filter((run) => run.id < oldest)];
    const longest = Math.max(1, ...runs.map((run) => took(run) ?? 0));
    none.hidden = runs.length > 0;
    more.hidden = newest.length < most || more.dataset.end === "true";
    each(rows, runs, (run) => run.id, (run) => h("tr", null,
      h("th", { scope: "row" }, h("a", { href: jobHash(name, run.id) }, `${run.id}`)),
      h("td", null, makeResult(), " ", h("span.quiet-text", null, [run.origin === "schedule" ? "" : run.origin, run.attempt > 1 ? `attempt ${run.attempt}` : ""].filter(Boolean).join(", "))),
      h("td.number", { "data-label": columns[2] }, moment(run.due)),
      h("td.number", { "data-label": columns[3] }), h("td.number", { "data-label": columns[4] }),
      h("td.track", null, h("i.bar", { "aria-hidden": "true" })), h("td.why", null)),
    (row, run) => {
      const [, result, , lateness, length, track, why] = row.children;
      showResult(result.firstChild, run.state);
      say(lateness, late(run));
      say(length, runTime(run));
      mark(track.firstChild, "class", `bar ${run.state}`);
      // Not an attribute: the policy forbids styles in the page.
      track.firstChild.style.width = `${(((took(run) ?? 0) * 100) / longest).toFixed(2)}%`;
      say(why, run.reason);
    });
  }

  async function loadOlder() {
    const last = older.at(-1)?.id ?? newest.at(-1)?.id;
    const answer = await get(jobPath(name, `runs?limit=${most}&before=${last}`));
    older = [...older, ...answer.runs];
    mark(more, "data-end", answer.runs.length < most);
    draw();
  }

  return { update() {}, close() { pollJob.stop(); pollRuns.stop(); } };
}
