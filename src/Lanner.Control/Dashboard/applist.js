// The list of apps beside the page: with a filter once there are many.
import { each, h, mark, say } from "./dom.js";
import { number } from "./format.js";
import { reloadAll } from "./changes.js";
import { conditionOf } from "./condition.js";

export function appList(root) {
  const filter = h("input", { type: "search", "aria-label": "Filter apps", placeholder: "Filter apps" });
  const items = h("ul", null);
  const all = h("a.all", { href: "#/" }, "All apps");
  root.append(all, filter, items, h("button.quiet", { type: "button", onclick: reloadAll }, "Reload all…"));
  let apps = [], chosen = null;
  filter.addEventListener("input", draw);

  function draw() {
    filter.hidden = apps.length < 8;
    const wanted = filter.value.trim().toLowerCase();
    mark(all, "aria-current", chosen === null ? "page" : null);
    each(items, apps.filter((app) => app.name.toLowerCase().includes(wanted)), (app) => app.name,
      (app) => h("li", null, h("a", { href: `#/apps/${encodeURIComponent(app.name)}` },
        h("span.dot", null), h("span.name", null, app.name), h("span.figure", null))),
      (item, app) => {
        const anchor = item.firstChild;
        mark(anchor, "aria-current", app.name === chosen ? "page" : null);
        const { look, word } = conditionOf(app);
        mark(anchor.children[0], "class", `dot ${look}`);
        mark(anchor, "title", `${app.name}: ${word}, ${app.busy} of ${app.threads} threads busy, ${app.queue.length} queued`);
        say(anchor.children[2], app.state === "stopped" ? "lazy" : app.state !== "ready" ? app.state : app.queue.length > 0 ? `${number(app.queue.length)} queued` : `${app.busy}/${app.threads}`);
      });
  }

  return {
    update(now) { apps = now; root.hidden = false; draw(); },
    choose(name) { chosen = name; draw(); },
  };
}
