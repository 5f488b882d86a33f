// What the threads of a worker do, asked when somebody wants to know.
import { get } from "./api.js";
import { open } from "./dialogs.js";
import { h } from "./dom.js";
import { duration, moment } from "./format.js";

/** @param {number} pid  @param {number|null} place  the thread to show first */
export function showStacks(pid, place = null) {
  const body = h("div.stacks", null, h("p", null, "Asking the process…"));
  const title = h("h2", null, `Stacks of process ${pid}`);
  const dialog = open(`Stacks of process ${pid}`,
    h("div.title", null, title, h("div.actions", null,
      h("button", { type: "button", onclick: load }, "Ask again"),
      h("button.primary", { type: "button", onclick: () => dialog.close(), autofocus: true }, "Close"))),
    body);
  dialog.classList.add("large");
  load();

  async function load() {
    try {
      const report = await get(`v1/workers/${pid}/stacks`);
      const mine = (thread) => place !== null && thread.name === `thread ${place}`;
      const threads = [...report.threads].sort((a, b) => mine(b) - mine(a));
      body.replaceChildren(
        h("p.quiet-text", null, `${report.app}, worker ${report.slot}, at ${moment(report.at)}`,
          report.answered ? "" : ": the process did not write its Python stacks within a second, as when C code holds the GIL. This is what the kernel tells."),
        ...threads.map((thread) => h(`details.stack${thread.resting && !mine(thread) ? ".resting" : ""}`, { open: mine(thread) || (place === null && !thread.resting) },
          h("summary", null, h("b", null, thread.name), " ",
            thread.request ? `${thread.request}, ${duration(thread.seconds)}` : thread.resting ? "no request" : "", h("span.quiet-text", null, ` · ${thread.state}`)),
          h("pre", { tabindex: 0 }, thread.frames.length > 0 ? thread.frames.join("\n") : "no Python frames are known"))));
    } catch (refusal) {
      body.replaceChildren(h("p.wrong", { role: "alert" }, refusal.message));
    }
  }
}
