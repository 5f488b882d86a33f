// Load over time, drawn by Chart.js. Without it, and for those who do not see it, the same figures are in a table.
import { each, h, mark, say } from "./dom.js";
import { clock, figure } from "./format.js";

const minutes = [1, 5, 10];

// A line's figures come from the samples; one that no sample has is not drawn.
const kinds = [
  { title: "Requests per second", unit: "/s", lines: [
    { label: "answered", color: "--busy", fill: true, of: (sample) => sample.requests },
    { label: "errors", color: "--bad", of: (sample) => sample.errors }] },
  // Half of the requests and the slowest of a hundred are far apart: by powers of ten both are seen.
  { title: "Time of a request", unit: " ms", type: "logarithmic", lines: [
    { label: "half within", color: "--busy", of: (sample) => sample.p50_ms },
    { label: "99 % within", color: "--wait", of: (sample) => sample.p99_ms }] },
  { title: "Threads and line", unit: "", lines: [
    { label: "busy threads", color: "--busy", fill: true, of: (sample) => sample.busy },
    { label: "waiting requests", color: "--wait", of: (sample) => sample.queue }] },
];

export function charts(root, history) {
  const Library = window.Chart;
  let closed = false;
  const chosen = h("select", { "aria-label": "Time shown", onchange: () => draw() }, ...minutes.map((count) => h("option", { value: count, selected: count === 5 }, `${count} min`)));
  const figures = kinds.map(makeFigure);
  const rows = h("tbody", null);
  const table = h("details.numbers", { open: !Library }, h("summary", null, "The same as a table"),
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Figures over time" },
      h("table", null, h("thead", null, h("tr", null, ...["Until", "Requests/s", "Errors", "Half within, ms", "99 % within, ms", "In line, ms", "Busy", "Waiting"].map((title) => h("th", { scope: "col" }, title)))), rows)));
  root.append(h("section.panel", { "aria-label": "Load over time" },
    h("header", null, h("h2", null, "Over time"), chosen),
    Library ? h("div.charts", null, ...figures.map((entry) => entry.element))
      : h("p.hint", null, "Chart.js was not on the machine that built this server, so there are no curves. With Debian's libjs-chart.js there, a new build has them."),
    table));
  table.addEventListener("toggle", () => draw());

  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", restyle);
  restyle();

  function makeFigure(kind) {
    const canvas = h("canvas", { role: "img" });
    const caption = h("figcaption", null, h("span", null, kind.title));
    const now = kind.lines.map((line) => caption.appendChild(h("span.line", { hidden: true }, h(`i.${line.color.slice(2)}${line.dash ? ".dashed" : ""}`, null), line.label, " ", h("b", null))));
    const element = h("figure", null, caption, h("div.canvas", null, canvas));
    return { kind, canvas, element, now, chart: null };
  }

  function start(entry) {
    entry.chart = new Library(entry.canvas, {
      type: "line",
      data: { datasets: entry.kind.lines.map((line) => ({ label: line.label, data: [], borderWidth: 1.5, pointRadius: 0, pointHitRadius: 6, borderDash: line.dash ?? [], fill: line.fill ? "origin" : false, spanGaps: 3, tension: 0 })) },
      options: {
        animation: false, parsing: false, normalized: true, responsive: true, maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false, axis: "x" },
        plugins: { legend: { display: false }, tooltip: { displayColors: true, callbacks: {
          title: ([item]) => (item ? clock(item.raw.at) : ""),
          label: (item) => `${item.dataset.label}: ${figure(item.raw.y)}${entry.kind.unit}` } } },
        scales: {
          x: { type: "linear", min: -300, max: 0, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 12, callback: (value) => (value === 0 ? "now" : value % 60 === 0 ? `${value / 60} min` : `${value} s`) } },
          y: entry.kind.type === "logarithmic"
            ? { type: "logarithmic", min: 1, suggestedMax: 100, ticks: { callback: (value) => (Number.isInteger(Math.log10(value)) ? (value < 1000 ? `${value} ms` : `${value / 1000} s`) : null) } }
            : { beginAtZero: true, suggestedMax: 1, ticks: { maxTicksLimit: 5, precision: 0 } },
        },
      },
    });
  }

  function restyle() {
    if (!Library) return;
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    Library.defaults.font.family = style.fontFamily;
    Library.defaults.font.size = 11;
    for (const entry of figures) {
      if (!entry.chart) start(entry);
      entry.kind.lines.forEach((line, at) => Object.assign(entry.chart.data.datasets[at], { borderColor: color(line.color), backgroundColor: `${color(line.color)}26` }));
      for (const scale of Object.values(entry.chart.options.scales)) {
        scale.ticks.color = color("--muted");
        scale.grid = { ...scale.grid, color: color("--line"), borderColor: color("--line") };
      }
      entry.chart.update();
    }
    draw();
  }

  function draw() {
    if (closed) return;
    const span = Number(chosen.value) * 60;
    const samples = history.last(span);
    if (table.open) drawTable(samples);
    if (!Library) return;
    const now = samples.length > 0 ? Date.parse(samples.at(-1).at) : 0;
    for (const { kind, chart, canvas, now: shown } of figures) {
      const told = [];
      kind.lines.forEach((line, at) => {
        const points = samples.filter((sample) => typeof line.of(sample) === "number")
          .map((sample) => ({ x: (Date.parse(sample.at) - now) / 1000, y: line.of(sample), at: sample.at }));
        chart.data.datasets[at].data = points;
        shown[at].hidden = points.length === 0;
        if (points.length === 0) return;
        const value = line.of(samples.at(-1));
        const text = typeof value === "number" ? `${figure(value)}${kind.unit}` : "–";
        say(shown[at].lastChild, text);
        told.push(`${line.label} ${text}, at most ${figure(Math.max(...points.map((point) => point.y)))}`);
      });
      chart.options.scales.x.min = -span;
      chart.options.scales.x.ticks.stepSize = span / 5;
      chart.update("none");
      mark(canvas, "aria-label", `${kind.title} over ${span / 60} minutes: ${told.join("; ") || "nothing yet"}`);
    }
  }

  /** Ten rows: each stands for a tenth of the time shown. */
  function drawTable(samples) {
    const size = Math.max(1, Math.ceil(samples.length / 10));
    const groups = [];
    for (let end = samples.length; end > 0; end -= size) groups.push(samples.slice(Math.max(0, end - size), end));
    each(rows, groups.map((group, at) => ({ group, at })), ({ at }) => at,
      () => h("tr", null, h("th", { scope: "row" }), ...Array.from({ length: 7 }, () => h("td.number", null))),
      (row, { group }) => {
        const waits = group.filter((sample) => sample.wait_ms !== null);
        [clock(group.at(-1).at), figure(history.sum(group, "requests") / group.length), figure(history.sum(group, "errors")), figure(history.middle(group, "p50_ms")), figure(history.most(group, "p99_ms")),
          figure(waits.length ? history.sum(waits, "wait_ms") / waits.length : null), figure(history.most(group, "busy")), figure(history.most(group, "queue"))]
          .forEach((text, at) => say(row.children[at], text));
      });
  }

  return {
    drawHistory: draw,
    close() {
      closed = true;
      dark.removeEventListener("change", restyle);
      for (const { chart } of figures) chart?.destroy();
    },
  };
}
