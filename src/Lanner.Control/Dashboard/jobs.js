// All jobs, or those of one app, in one table: when each is due, how it went last, and what it does now.
import { get } from "./api.js";
import { pauseJob, resumeJob, runJob } from "./changes.js";
import { each, h, mark, say } from "./dom.js";
import { ago, moment, plural, until } from "./format.js";
import { jobHash, late, makeResult, runTime, scheduleOf, showResult } from "./jobparts.js";
import { poll } from "./poll.js";

const columns = ["Job", "App", "Schedule", "Next", "Last", "Took", "Late", "Now", ""];

export function jobsPage(root) {
  root.append(h("div.title", null, h("h1", null, "Jobs")));
  return { update() {}, ...jobs(root, null) };
}

/** @param {string|null} app  only the jobs of this app */
export function jobs(root, app) {
  const rows = h("tbody", null);
  const filter = h("input", { type: "search", "aria-label": "Filter jobs", placeholder: "Filter", hidden: true });
  const trouble = h("p.wrong", { role: "alert", hidden: true });
  const none = h("p.empty", { hidden: true }, app === null
    ? "There is no job. One is a function with @lanner.job in an app, or a table [job.NAME] in the settings."
    : "The app has no job. One is a function with @lanner.job, or a table [job.NAME] in the settings.");
  const shown = columns.filter((name) => app === null || name !== "App");
  root.append(h("section.panel", { "aria-label": "Jobs" },
    h("header", null, h("h2", null, app === null ? "All jobs" : "Jobs"), filter),
    trouble,
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Table of jobs" },
      h("table.wide.jobs", null, h("thead", null, h("tr", null, ...shown.map((name) => h("th", { scope: "col" }, name)))), rows)),
    none));
  let latest = null;
  filter.addEventListener("input", () => latest && draw());

  const task = poll(1, async () => { latest = await get("v1/jobs"); draw(); });

  function draw() {
    const own = latest.jobs.filter((job) => app === null || job.app === app);
    const wanted = filter.value.trim().toLowerCase();
    filter.hidden = own.length < 8;
    none.hidden = own.length > 0;
    trouble.hidden = !latest.problem;
    say(trouble, latest.problem ? `No job can be started now: ${latest.problem}` : "");
    each(rows, own.filter((job) => `${job.name} ${job.app}`.toLowerCase().includes(wanted)), (job) => job.name, makeRow, updateRow);
  }

  function makeRow(job) {
    const cell = (name, ...content) => h("td", { "data-label": name }, ...content);
    return h("tr", null,
      h("th", { scope: "row" }, h("a", { href: jobHash(job.name) }, job.name)),
      app === null ? cell("App", h("a", { href: `#/apps/${encodeURIComponent(job.app)}/jobs` }, job.app)) : null,
      cell("Schedule"), cell("Next"), cell("Last", makeResult(), " ", h("span.quiet-text", null)), cell("Took"), cell("Late"), cell("Now"),
      h("td", null, h("span.actions", null,
        h("button.quiet", { type: "button", onclick: () => runJob(job.name), "aria-label": `Run ${job.name} now` }, "Run now…"),
        h("button.quiet", { type: "button", onclick: (event) => (event.currentTarget.dataset.paused === "true" ? resumeJob : pauseJob)(job.name) }))));
  }

  function updateRow(row, job) {
    const [schedule, next, last, took, lateness, now] = [...row.children].slice(app === null ? 2 : 1);
    say(schedule, scheduleOf(job));
    say(next, job.paused ? "paused" : job.next ? until(job.next) : "–");
    mark(next, "title", job.next ? moment(job.next) : null);
    showResult(last.children[0], job.last?.state ?? null);
    say(last.children[1], job.last ? `${ago(job.last.finished)} ago` : "never");
    mark(last, "title", job.last?.reason || null);
    say(took, runTime(job.last));
    say(lateness, late(job.last));
    say(now, [...(job.running ? [`${plural(job.running, "run")} under way`] : []), ...(job.waiting ? [`${job.waiting} waiting`] : [])].join(", "));
    const steer = row.lastChild.firstChild.children[1];
    mark(steer, "data-paused", job.paused);
    mark(steer, "aria-label", `${job.paused ? "Resume" : "Pause"} ${job.name}`);
    say(steer, job.paused ? "Resume…" : "Pause…");
  }

  return { close() { task.stop(); } };
}
