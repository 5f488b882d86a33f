// The living picture: a card for each worker, a cell for each thread. One tab stop a worker; arrows go from thread to thread.
import { appPath, get } from "./api.js";
import { recycle } from "./changes.js";
import { each, h, mark, say } from "./dom.js";
import { bytes, duration, number, plural } from "./format.js";
import { poll } from "./poll.js";
import { showStacks } from "./stacks.js";

const states = { idle: "no request", busy: "runs", waiting: "sleeps: for a database, a lock, the GIL", stuck: "given up at its deadline" };

export function workers(root, name) {
  const cards = h("div.workers", null);
  const counts = Object.fromEntries(Object.keys(states).map((state) => [state, h("b", null, "0")]));
  const reading = h("p.reading", null, "\u00a0");
  root.append(h("section.panel", { "aria-label": "Workers and threads" },
    h("header", null,
      h("h2", null, "Workers"),
      h("ul.legend", null, ...Object.entries(states).map(([state, meaning]) =>
        h("li", { title: meaning }, h(`span.cell.${state}`, { "aria-hidden": "true" }), counts[state], ` ${state}`)))),
    cards,
    reading));
  let memory = new Map();

  const task = poll(1, async () => draw((await get(appPath(name, "threads"))).workers));

  function draw(all) {
    const shown = all.filter((worker) => worker.state !== "exited").sort((a, b) => a.slot - b.slot || a.generation - b.generation || a.pid - b.pid);
    each(cards, shown, (worker) => `${worker.slot}/${worker.pid}`, makeCard, updateCard);
    const sums = { idle: 0, busy: 0, waiting: 0, stuck: 0 };
    for (const thread of shown.flatMap((worker) => worker.threads)) sums[thread.state]++;
    for (const [state, sum] of Object.entries(sums)) say(counts[state], number(sum));
    if (shown.length === 0) say(reading, "No worker is running.");
    else if (reading.dataset.cell) read(cards.querySelector(`[data-cell="${reading.dataset.cell}"]`));
    else say(reading, "Each cell is a thread: point at one for its request, press it for its stack. With a ring: longer than 10 s.");
  }

  function makeCard(worker) {
    const cells = h("div.cells", { role: "group", "aria-label": `threads of worker ${worker.slot}` });
    cells.addEventListener("keydown", move);
    const card = h("article.worker", { "aria-label": `worker ${worker.slot}` },
      h("header", null,
        h("h3", null, `worker ${worker.slot}`), h("span.badge", null), h("span.facts", null),
        h("span.actions", null,
          h("button.quiet", { type: "button", onclick: () => showStacks(worker.pid), "aria-label": `Stacks of worker ${worker.slot}` }, "Stacks"),
          h("button.quiet", { type: "button", onclick: () => recycle(worker), "aria-label": `Recycle worker ${worker.slot}` }, "Recycle…"))),
      cells);
    return card;
  }

  function updateCard(card, worker) {
    const [, badge, facts] = card.firstChild.children;
    mark(card, "class", `worker ${worker.state}`);
    mark(badge, "class", `badge ${worker.state}`);
    say(badge, worker.state);
    badge.hidden = worker.state === "ready";
    const more = memory.get(worker.pid);
    say(facts, [`pid ${worker.pid}`, `gen ${worker.generation}`, plural(worker.requests, "request"),
      ...(more?.pss_bytes ? [bytes(more.pss_bytes)] : []), ...(more?.share >= 0 ? [`${Math.round(more.share * 100)} % CPU`] : [])].join(" · "));
    const cells = card.lastChild;
    each(cells, worker.threads.map((thread, place) => ({ thread, place })), ({ place }) => place,
      ({ place }) => h("button.cell", {
        type: "button", tabindex: place === 0 ? 0 : -1, "data-cell": `${worker.pid}/${place}`,
        onclick: () => showStacks(worker.pid, place), onpointerenter: point, onfocus: point, onpointerleave: leave, onblur: leave,
      }),
      (cell, { thread, place }) => {
        mark(cell, "class", `cell ${thread.state}${(thread.request?.age_seconds ?? 0) >= 10 ? " long" : ""}`);
        mark(cell, "aria-label", `thread ${place}: ${describe(thread)}`);
      });
    if (worker.threads.length > 0 && !cells.querySelector('[tabindex="0"]')) cells.firstChild.tabIndex = 0;
  }

  function describe({ state, request, sent_ahead: ahead }) {
    if (!request) return state;
    return `${state}, ${request.method} ${request.path}, ${duration(request.age_seconds)}${ahead ? `, ${ahead} more sent ahead` : ""}`;
  }

  const point = (event) => read(event.currentTarget);

  function read(cell) {
    if (!cell) return leave();
    reading.dataset.cell = cell.dataset.cell;
    const [pid, place] = cell.dataset.cell.split("/");
    say(reading, `pid ${pid}, thread ${place}: ${cell.getAttribute("aria-label").replace(/^thread \d+: /, "")}`);
  }

  function leave() {
    delete reading.dataset.cell;
  }

  function move(event) {
    const cells = [...event.currentTarget.children];
    const at = cells.indexOf(document.activeElement);
    const columns = Math.max(1, cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: cells.length - 1 - at }[event.key];
    if (step === undefined || at < 0) return;
    event.preventDefault();
    const next = cells[Math.min(cells.length - 1, Math.max(0, at + step))];
    cells[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  return {
    /** Memory, and the part of a core that was used since the last time. */
    whole(app) {
      const at = performance.now();
      memory = new Map(app.workers.map((worker) => {
        const before = memory.get(worker.pid);
        return [worker.pid, { ...worker, at, share: before ? ((worker.cpu_seconds - before.cpu_seconds) * 1000) / (at - before.at) : undefined }];
      }));
    },
    close() { task.stop(); },
  };
}
