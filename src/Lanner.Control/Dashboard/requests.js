// Requests in flight and queued, the oldest first.
import { appPath, get } from "./api.js";
import { each, h, mark, say } from "./dom.js";
import { duration, number } from "./format.js";
import { poll } from "./poll.js";
import { showStacks } from "./stacks.js";

const columns = ["State", "Request", "Age", "In the app", "Where", "Request id", ""];

export function requests(root, name) {
  const rows = h("tbody", null);
  const none = h("p.empty", { hidden: true }, "Nothing is in flight.");
  const sum = h("p.quiet-text", null, "\u00a0");
  const filter = h("input", { type: "search", "aria-label": "Filter requests", placeholder: "Filter" });
  root.append(h("section.panel", { "aria-label": "Requests in flight" },
    h("header", null, h("h2", null, "In flight and queued"), filter),
    sum,
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Requests" },
      h("table.wide", null, h("thead", null, h("tr", null, ...columns.map((column) => h("th", { scope: "col" }, column)))), rows)),
    none));
  let latest = null;
  filter.addEventListener("input", () => latest && draw());

  const task = poll(1, async () => { latest = await get(appPath(name, "requests")); draw(); });

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const shown = latest.requests
      .filter((request) => `${request.method} ${request.path} ${request.request_id}`.toLowerCase().includes(wanted))
      .sort((a, b) => b.age_seconds - a.age_seconds);
    none.hidden = shown.length > 0;
    const line = latest.requests.filter((request) => request.state === "queued").length;
    say(sum, `${number(latest.requests.length - line)} with a worker, ${number(latest.queue_length)} queued${latest.queue_length > line ? `, of which the first ${line} are shown` : ""}`);
    each(rows, shown, (request) => request.request_id + request.pid, (request) => h("tr", null,
      h("td", null, h("span.badge", null)),
      h("th", { scope: "row" }, h("span.method", null, request.method), " ", h("span.path", null, request.path)),
      h("td.number", { "data-label": columns[2] }), h("td.number", { "data-label": columns[3] }), h("td", { "data-label": columns[4] }),
      h("td", { "data-label": columns[5] }, h("code", null, request.request_id)), h("td", null)),
    (row, request) => {
      const [state, , age, inApp, where, , more] = row.children;
      mark(state.firstChild, "class", `badge ${request.state}`);
      say(state.firstChild, request.state);
      say(age, duration(request.age_seconds));
      say(inApp, request.app_seconds > 0 ? duration(request.app_seconds) : "–");
      say(where, request.pid === null ? "in the queue" : `worker ${request.slot}, thread ${request.thread}`);
      if (request.pid !== null && !more.firstChild)
        more.append(h("button.quiet", { type: "button", onclick: () => showStacks(request.pid, request.thread), "aria-label": `Stack of ${request.method} ${request.path}` }, "Stack"));
    });
  }

  return { close() { task.stop(); } };
}
