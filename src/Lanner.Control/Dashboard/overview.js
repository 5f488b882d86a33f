// All apps in one table.
import { each, h, mark, say } from "./dom.js";
import { figure, number } from "./format.js";
import { reloadAll } from "./changes.js";
import { conditionOf } from "./condition.js";

const columns = ["App", "State", "Generation", "Workers", "Threads busy", "Queued", "Requests/s", "Requests", "Last error"];

export function overview(root) {
  const rows = h("tbody", null);
  const filter = h("input", { type: "search", "aria-label": "Filter the table", placeholder: "Filter" });
  const addresses = h("p.quiet-text", null);
  root.append(
    h("div.title", null, h("h1", null, "Apps"), h("div.actions", null, filter, h("button", { type: "button", onclick: reloadAll }, "Reload all…"))),
    addresses,
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Apps" },
      h("table.wide", null, h("thead", null, h("tr", null, ...columns.map((name) => h("th", { scope: "col" }, name)))), rows)));
  const before = new Map();
  let latest = null;
  filter.addEventListener("input", () => latest && draw());

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    filter.hidden = latest.apps.length < 8;
    say(addresses, latest.addresses.join("  "));
    each(rows, latest.apps.filter((app) => app.name.toLowerCase().includes(wanted)), (app) => app.name,
      (app) => h("tr", null,
        h("th", { scope: "row" }, h("a", { href: `#/apps/${encodeURIComponent(app.name)}` }, app.name)),
        ...columns.slice(1).map((name) => h("td", { "data-label": name }))),
      (row, app) => {
        const [, state, generation, workers, threads, queued, rate, total, error] = row.children;
        if (!state.firstChild) state.append(h("span.badge", null));
        const { look, word } = conditionOf(app);
        mark(state.firstChild, "class", `badge ${look}`);
        say(state.firstChild, word);
        say(generation, app.generation);
        say(workers, `${app.workers_ready} of ${app.workers_wanted}`);
        say(threads, `${app.busy} of ${app.threads}`);
        say(queued, number(app.queue.length));
        say(rate, figure(before.get(app.name)?.rate));
        say(total, number(app.requests.total));
        say(error, app.last_error?.message ?? "");
      });
  }

  return {
    update(server) {
      latest = server;
      const now = performance.now();
      for (const app of server.apps) {
        const last = before.get(app.name);
        const rate = last ? ((app.requests.total - last.total) * 1000) / (now - last.at) : null;
        if (!last || now - last.at > 500) before.set(app.name, { at: now, total: app.requests.total, rate });
      }
      draw();
    },
    close() {},
  };
}
