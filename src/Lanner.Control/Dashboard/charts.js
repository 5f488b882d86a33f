// Load over time: three charts with one cursor, and for those who do not see them the same figures in a table.
import { makeChart } from "./chart.js";
import { each, h, say } from "./dom.js";
import { compact, duration, figure, moment, quantile } from "./format.js";
import { counting, linear, logarithmic } from "./scales.js";

const minutes = [1, 5, 10];

// Pieces of time in seconds: a line has a point for each four pixels at most.
const sizes = [1, 2, 5, 10, 15, 20, 30, 60];

const rate = (value) => `${figure(value)}/s`;

const kinds = [
  { title: "Requests per second", format: rate, tick: compact, scale: linear, lines: [
    { label: "answered", look: "busy", fill: "floor", of: (piece) => piece.requests },
    { label: "errors", look: "bad", fill: "floor", quiet: true, of: (piece) => piece.errors_per_second }] },
  // Half of the requests and the slowest of a hundred are far apart: by powers of ten both are seen.
  { title: "Time of a request", format: quantile, tick: (value) => (value < 1000 ? `${value} ms` : `${value / 1000} s`), scale: logarithmic, lines: [
    { label: "p50", look: "busy", of: (piece) => piece.p50_ms },
    { label: "p99", look: "wait", fill: "line", of: (piece) => piece.p99_ms }] },
  { title: "Threads and queue", format: figure, tick: compact, scale: counting, limit: (piece) => piece.threads, lines: [
    { label: "busy threads", look: "busy", fill: "floor", of: (piece) => piece.busy },
    { label: "queued requests", look: "wait", quiet: true, of: (piece) => piece.queue }] },
];

const columns = {
  Until: (piece) => moment(piece.at),
  "Requests/s": (piece) => figure(piece.requests),
  Errors: (piece) => figure(piece.errors),
  p50: (piece) => quantile(piece.p50_ms),
  p99: (piece) => quantile(piece.p99_ms),
  "Time queued": (piece) => duration(piece.wait_ms === null ? null : piece.wait_ms / 1000),
  "Threads busy": (piece) => figure(piece.busy),
  Queued: (piece) => figure(piece.queue),
};

export function charts(root, history) {
  let ago = null;
  const chosen = h("select", { "aria-label": "Time shown", onchange: draw }, ...minutes.map((count) => h("option", { value: count, selected: count === 5 }, `${count} min`)));
  const figures = kinds.map((kind) => makeChart(kind, point));
  const rows = h("tbody", null);
  const table = h("details.numbers", { ontoggle: draw }, h("summary", null, "The same as a table"),
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Figures over time" },
      h("table", null, h("thead", null, h("tr", null, ...Object.keys(columns).map((title) => h("th", { scope: "col" }, title)))), rows)));
  const panel = h("div.charts", null, ...figures.map((entry) => entry.element));
  root.append(h("section.panel", { "aria-label": "Load over time" }, h("header", null, h("h2", null, "Over time"), chosen), panel, table));
  const sized = new ResizeObserver(draw);
  sized.observe(panel);

  function draw() {
    const span = chosen.value * 60;
    const size = sizes.find((seconds) => (span / seconds) * 4 <= figures[0].inner()) ?? sizes.at(-1);
    const pieces = history.flow(span, size);
    for (const { draw: drawChart } of figures) drawChart({ pieces, span, size, now: pieces.at(-1)?.at ?? 0, ago });
    // The newest first.
    if (table.open) each(rows, history.pieces(span, span / 10).slice(-10).reverse(), (piece) => piece.at, makeRow, updateRow);
  }

  const makeRow = () => h("tr", null, ...Object.keys(columns).map((_, at) => (at === 0 ? h("th", { scope: "row" }) : h("td.number", null))));

  const updateRow = (row, piece) => Object.values(columns).forEach((text, at) => say(row.children[at], text(piece)));

  function point(next) {
    ago = next;
    for (const entry of figures) entry.point(ago);
  }

  return { drawHistory: draw, close: () => sized.disconnect() };
}
