// Figures for people: short, with units, in columns that do not jump.

const [whole, tenths, hundredths] = [0, 1, 2].map((digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits }));

export const number = (value) => (value === null || value === undefined ? "–" : whole.format(value));

/** A rate or a small figure: more digits the smaller it is. */
export function figure(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  return (size >= 100 ? whole : size >= 10 ? tenths : hundredths).format(value);
}

const short = new Intl.NumberFormat("en", { notation: "compact" });

/** A figure at an axis. */
export const compact = (value) => (value < 10_000 ? figure(value) : short.format(value));

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1 << 30) return `${(value / (1 << 30)).toFixed(1)} GB`;
  return `${Math.round(value / (1 << 20))} MB`;
}

/** The one way to write how long something takes: "0.4 ms", "28 ms", "4.3 s", "12 s", "3 min 20 s", "5 h 12 min", "3 d 4 h". */
export function duration(value) {
  if (value === null || value === undefined) return "–";
  if (value < 0.00995) return `${figure(Math.round(value * 10000) / 10)} ms`;
  if (value < 0.9995) return `${Math.round(value * 1000)} ms`;
  if (value < 9.95) return `${Number(value.toFixed(1))} s`;
  const rounded = Math.round(value), of = (unit, larger) => Math.floor((larger ? rounded % larger : rounded) / unit);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${of(60)} min ${of(1, 60)} s`;
  if (rounded < 86400) return `${of(3600)} h ${of(60, 3600)} min`;
  return `${of(86400)} d ${of(3600, 86400)} h`;
}

/** The last bound of the server's histograms: of longer times no more is known. */
const beyond = 60_000;

/** A quantile in milliseconds. The buckets it comes from are worth two digits. */
export const quantile = (value) => (value === null || value === undefined ? "–" : value >= beyond ? "over 60 s" : duration(Number(value.toPrecision(2)) / 1000));

/** How long ago a moment of the API is, in whole seconds. */
export const ago = (at) => duration(Math.max(1, Math.floor((Date.now() - Date.parse(at)) / 1000)));

/** When a moment of the API will come. */
export function until(at) {
  const left = Math.ceil((Date.parse(at) - Date.now()) / 1000);
  return left > 0 ? `in ${duration(left)}` : "now";
}

/** The one way to write a moment: "14:03:25" of today, "2026-11-21 14:03:25" of other days. */
export function moment(at) {
  const time = new Date(at), day = (date) => date.toLocaleDateString("sv-SE");
  return `${day(time) === day(new Date()) ? "" : `${day(time)} `}${time.toLocaleTimeString("en-GB")}`;
}

export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
