// Figures for people: short, with units, in columns that do not jump.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const number = (value) => (value === null || value === undefined ? "–" : whole.format(value));

/** A rate or a small figure: more digits the smaller it is. */
export function figure(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  return size >= 100 || value === 0 ? whole.format(value) : value.toFixed(size >= 10 ? 1 : 2);
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1 << 30) return `${(value / (1 << 30)).toFixed(1)} GB`;
  return `${Math.round(value / (1 << 20))} MB`;
}

/** Seconds as "0.4 s", "12 s", "3 min 20 s", "5 h 12 min", "3 d 4 h". */
export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 60) return `${Math.floor(value)} s`;
  if (value < 3600) return `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s`;
  if (value < 86400) return `${Math.floor(value / 3600)} h ${Math.floor((value % 3600) / 60)} min`;
  return `${Math.floor(value / 86400)} d ${Math.floor((value % 86400) / 3600)} h`;
}

export const milliseconds = (value) => (value === null || value === undefined ? "–" : value >= 1000 ? `${figure(value / 1000)} s` : `${figure(value)} ms`);

/** How long ago a moment of the API is. */
export const ago = (moment) => seconds(Math.max(0, (Date.now() - Date.parse(moment)) / 1000));

/** When a moment of the API will come. */
export function until(moment) {
  const left = (Date.parse(moment) - Date.now()) / 1000;
  return left > 0 ? `in ${seconds(left)}` : "now";
}

export const clock = (moment) => new Date(moment).toLocaleTimeString("en-GB");

export const date = (moment) => `${new Date(moment).toLocaleDateString("sv-SE")} ${clock(moment)}`;

export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
