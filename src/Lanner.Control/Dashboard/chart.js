// One chart of lines over time, in SVG. It keeps no figures: each drawing replaces the one before. Colours come from the style sheet.
import { h, mark, say, svg } from "./dom.js";
import { moment } from "./format.js";
import { times } from "./scales.js";

const height = 168, left = 52, right = 8, top = 8, bottom = 22;

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} look                     a class of the style sheet
 * @property {(piece) => number|null} of       its figure in a piece of time
 * @property {boolean} [quiet]                 not drawn along the axis where it is 0
 * @property {"floor"|"line"} [fill]           filled down to the axis, or to the line before it, which has a figure wherever this one has
 *
 * @typedef {object} Kind
 * @property {string} title
 * @property {(value: number) => string} format  a figure with its unit
 * @property {(value: number) => string} tick    a figure at the axis
 * @property {(values: number[]) => {ticks: number[], place(value: number): number}} scale
 * @property {Line[]} lines
 * @property {(piece) => number} [limit]         a dashed line, where the figures come near it
 *
 * @param {Kind} kind
 * @param {(ago: number|null) => void} onPoint  the pointer or the keys ask for the figures of so many seconds ago; null: no more
 */
export function makeChart(kind, onPoint) {
  const drawing = svg("svg", { role: "img", height });
  const handle = h("div.handle", {
    role: "slider", tabindex: 0, "aria-label": `${kind.title} at`, "aria-valuemax": 0, onkeydown: step,
    onpointermove: point, onpointerdown: point, onpointerleave: () => onPoint(null),
    onfocus: () => handle.matches(":focus-visible") && go(0), onblur: () => onPoint(null),
  });
  const values = kind.lines.map(() => h("b", null, "–"));
  const element = h("figure", null,
    h("figcaption", null, h("span.name", null, kind.title),
      ...kind.lines.map((line, at) => h("span.key", null, h(`i.${line.look}${line.fill ? ".filled" : ""}`, null), `${line.label} `, values[at]))),
    h("div.plot", null, drawing, handle));
  const cursor = svg("g.cursor", null);
  let view = null;

  const inner = () => Math.max(40, handle.parentElement.clientWidth - left - right);

  /** @param {{pieces: object[], span: number, size: number, now: number, ago: number|null}} shown  pieces as history.js has them; s, but `now` in ms */
  function draw(shown) {
    view = measure(shown);
    const { span, width, floor, limit, scale, y } = view;
    const { areas, curves } = shapes();
    mark(drawing, "width", width + left + right);
    drawing.replaceChildren(svg("g", { transform: `translate(${left} ${top})` },
      ...scale.ticks.flatMap((value, at) => [
        svg(at === 0 ? "line.axis" : "line.grid", { x2: width, y1: Math.round(y(value)), y2: Math.round(y(value)) }),
        svg("text.end", { x: -8, y: Math.round(y(value)) + 4 }, kind.tick(value))]),
      ...times(span, width).map(({ text, place, anchor }) => svg(`text.time.${anchor}`, { x: width * place, y: floor + 17 }, text)),
      // Cut off at its edges; a line at the top or at the bottom is seen whole.
      svg("svg", { width, height: floor + 2, y: -1, viewBox: `0 -1 ${width} ${floor + 2}` },
        limit === null ? null : svg("line.limit", { x2: width, y1: y(limit), y2: y(limit) }), ...areas, ...curves),
      cursor));
    mark(drawing, "aria-label", summary());
    mark(handle, "aria-valuemin", -span);
    read();
  }

  /** The figures of each line, and where they are. */
  function measure(shown) {
    const { pieces, span, now } = shown;
    const width = inner(), floor = height - top - bottom;
    const figures = kind.lines.map((line) => pieces.map(line.of));
    const known = figures.flat().filter((value) => value !== null);
    const most = kind.limit && pieces.length > 0 ? kind.limit(pieces.at(-1)) : Infinity;
    const limit = Math.max(0, ...known) > most / 2 ? most : null;
    const scale = kind.scale(limit === null ? known : [...known, limit]);
    return { ...shown, width, floor, figures, limit, scale, x: (at) => width * (1 - (now - at) / 1000 / span), y: (value) => floor * (1 - scale.place(value)) };
  }

  function shapes() {
    const { pieces, size, floor, figures, x, y } = view;
    const runs = kind.lines.map(({ quiet }, at) => connected(pieces, quiet ? withoutRest(figures[at]) : figures[at], size * 2500)
      .map((run) => run.map(([when, value]) => [x(when), y(value)])));
    const edge = ({ fill }, at, number) => {
      const run = runs[at][number];
      return fill === "line" ? [...runs[at - 1][number]].reverse() : [[run.at(-1)[0], floor], [run[0][0], floor]];
    };
    return {
      areas: kind.lines.flatMap((line, at) => (line.fill
        ? runs[at].map((run, number) => svg(`path.area.${line.look}`, { d: path([...run, ...edge(line, at, number)]) }))
        : [])),
      // A point that stands alone is a line of no length: its round ends are seen.
      curves: kind.lines.flatMap(({ look }, at) => runs[at].map((run) => (run.length > 1
        ? svg(`path.curve.${look}`, { d: path(run) })
        : svg(`path.curve.alone.${look}`, { d: path([run[0], run[0]]) })))),
    };
  }

  /** The chart for those who do not see it. */
  function summary() {
    const told = kind.lines.flatMap(({ label }, at) => {
      const some = view.figures[at].filter((value) => value !== null);
      return some.length === 0 ? [] : [`${label} ${written(view.figures[at].at(-1))}, at most ${kind.format(Math.max(...some))}`];
    });
    return `${kind.title} over ${view.span / 60} ${view.span === 60 ? "minute" : "minutes"}: ${told.join("; ") || "nothing yet"}`;
  }

  /** Shows the figures of the moment that is asked for, or of now. */
  function read() {
    const { pieces, now, ago, width, floor, figures, x, y } = view;
    const place = nearest(pieces, now - (ago ?? 0) * 1000);
    figures.forEach((line, at) => say(values[at], written(line[place] ?? null)));
    mark(handle, "aria-valuenow", -Math.round(ago ?? 0));
    element.classList.toggle("pointed", ago !== null);
    cursor.replaceChildren();
    if (ago === null || place < 0) return;
    const at = x(pieces[place].at), middle = Math.min(width - 29, Math.max(29, at));
    cursor.append(
      svg("line", { x1: at, x2: at, y2: floor }),
      ...kind.lines.flatMap(({ look }, number) => (figures[number][place] === null ? [] : [svg(`circle.${look}`, { cx: at, cy: y(figures[number][place]), r: 3.5 })])),
      svg("rect", { x: middle - 29, y: floor + 4, width: 58, height: 18, rx: 4 }),
      svg("text.middle", { x: middle, y: floor + 17 }, moment(pieces[place].at).slice(-8)));
  }

  const written = (value) => (value === null ? "–" : kind.format(value));

  function point(event) {
    if (view) onPoint(Math.min(view.span, Math.max(0, view.span * (1 - (event.clientX - handle.getBoundingClientRect().left - left) / view.width))));
  }

  function step(event) {
    if (!view) return;
    const ago = view.ago ?? 0, { span, size } = view;
    const next = { ArrowLeft: ago + size, ArrowRight: ago - size, PageUp: ago + span / 10, PageDown: ago - span / 10, Home: span, End: 0 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(Math.min(span, Math.max(0, next)));
  }

  /** Only what the keys ask for is read aloud: under a pointer that rests, the figures change each second. */
  function go(ago) {
    onPoint(ago);
    const place = view ? nearest(view.pieces, view.now - ago * 1000) : -1;
    mark(handle, "aria-valuetext", place < 0 ? "nothing yet" : `${moment(view.pieces[place].at)}: ${kind.lines.map((line, at) => `${line.label} ${written(view.figures[at][place])}`).join(", ")}`);
  }

  return {
    element,
    inner,
    draw,
    point(ago) {
      if (!view) return;
      view.ago = ago;
      read();
    },
  };
}

/** The points of a line that belong together: a figure that is missing parts them, and so does a time without any, in ms. */
function connected(pieces, figures, longest) {
  const runs = [];
  let before = -Infinity;
  pieces.forEach(({ at }, place) => {
    if (figures[place] !== null) {
      if (at - before > longest) runs.push([]);
      runs.at(-1).push([at, figures[place]]);
    }
    before = figures[place] === null ? -Infinity : at;
  });
  return runs;
}

/** Zeros are left out but for those from which a line rises and to which it falls. */
const withoutRest = (figures) => figures.map((value, at) => (value === 0 && !(figures[at - 1] > 0) && !(figures[at + 1] > 0) ? null : value));

const path = (points) => points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

const nearest = (pieces, at) => pieces.reduce((best, piece, place) => (best < 0 || Math.abs(piece.at - at) < Math.abs(pieces[best].at - at) ? place : best), -1);
