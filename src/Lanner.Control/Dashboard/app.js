// One app: its head with figures and buttons, and the view that the address names.
import { get, appPath } from "./api.js";
import { charts } from "./charts.js";
import { reload, scale } from "./changes.js";
import { conditionOf, headingOf } from "./condition.js";
import { h, mark, say } from "./dom.js";
import { errors } from "./errors.js";
import { ago, figure, moment, number, quantile } from "./format.js";
import { history, mean, middle, most, sum } from "./history.js";
import { jobs } from "./jobs.js";
import { poll } from "./poll.js";
import { requests } from "./requests.js";
import { settings } from "./settings.js";
import { workers } from "./workers.js";

const views = [["", "Workers"], ["requests", "Requests"], ["errors", "Errors"], ["jobs", "Jobs"], ["settings", "Settings"]];

export function appPage(root, name, view) {
  const badge = h("span.badge", null);
  const facts = h("p.quiet-text", null);
  const figures = Object.fromEntries(["Requests/s", "p50", "p99", "Threads busy", "Queued", "Errors/min"].map((label) => [label, h("dd", null, "–")]));
  const counted = { requests: h("span.count", null), errors: h("span.count", null) };
  const tabs = h("nav.tabs", { "aria-label": `Views of ${name}` }, ...views.map(([key, title]) =>
    h("a", { href: `#/apps/${encodeURIComponent(name)}${key && `/${key}`}`, "aria-current": key === view ? "page" : null }, title, counted[key] ?? null)));
  const fault = h("section.fault", { hidden: true, "aria-label": "Last error of the app's processes" });
  const body = h("div.view", null);
  let app = null;

  root.append(
    h("div.title", null,
      h("h1", null, name, " ", badge),
      h("div.actions", null,
        h("button", { type: "button", onclick: () => app && scale(app, threadsOf(app)) }, "Scale…"),
        h("button", { type: "button", onclick: () => reload(name) }, "Reload…"))),
    facts,
    fault,
    h("dl.figures", null, ...Object.entries(figures).map(([label, value]) => h("div", null, h("dt", null, label), value))),
    tabs,
    body);

  const kept = history(name);
  const parts = view === "requests" ? [requests(body, name)]
    : view === "errors" ? [errors(body, name)]
    : view === "jobs" ? [jobs(body, name)]
    : view === "settings" ? [settings(body, name)]
    : [workers(body, name), charts(body, kept)];

  const pollHistory = poll(1, async () => {
    await kept.load();
    const recent = kept.last(5), minute = kept.last(60);
    say(figures["Requests/s"], figure(mean(recent, "requests")));
    say(figures.p50, quantile(middle(recent, "p50_ms")));
    say(figures.p99, quantile(most(recent, "p99_ms")));
    const failed = sum(minute, "errors");
    say(figures["Errors/min"], number(failed));
    say(counted.errors, failed > 0 ? number(failed) : "");
    for (const part of parts) part.drawHistory?.();
  });
  const pollWhole = poll(5, async () => { detail = await get(appPath(name)); for (const part of parts) part.whole?.(detail); });
  let detail = null;

  const threadsOf = (status) => detail?.workers.find((worker) => worker.generation === status.generation)?.threads
    ?? Math.max(1, Math.round(status.threads / Math.max(1, status.workers_ready)));

  return {
    update(server) {
      app = server.apps.find((entry) => entry.name === name) ?? app;
      if (!app) return;
      const { look, word } = conditionOf(app);
      mark(badge, "class", `badge ${look}`);
      say(badge, word);
      say(facts, `generation ${app.generation} · ${app.workers_ready} of ${app.workers_wanted} workers · ${app.interface} · ${app.mounts.join(" ")} · ${number(app.requests.total)} requests`);
      say(figures["Threads busy"], `${app.busy} of ${app.threads}`);
      say(figures.Queued, number(app.queue.length));
      mark(figures.Queued.parentElement, "class", app.queue.length > 0 ? "warn" : "");
      say(counted.requests, app.requests.in_flight + app.queue.length > 0 ? number(app.requests.in_flight + app.queue.length) : "");
      showFault();
    },
    close() {
      pollHistory.stop();
      pollWhole.stop();
      for (const part of parts) part.close();
    },
  };

  function showFault() {
    const error = app.last_error;
    fault.hidden = !error;
    if (!error) return;
    if (fault.dataset.at !== error.at) {
      fault.dataset.at = error.at;
      fault.replaceChildren(h("h2", null), h("p.message", null, error.message), h("p.quiet-text", null),
        error.traceback ? h("details", null, h("summary", null, "Traceback"), h("pre", { tabindex: 0 }, error.traceback)) : "");
    }
    say(fault.children[0], headingOf(app));
    say(fault.children[2], `${ago(error.at)} ago, at ${moment(error.at)}`);
  }
}
