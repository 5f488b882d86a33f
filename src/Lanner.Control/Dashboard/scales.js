// Axes: which figures are written beside a chart, and at which part of its height or width each one is.

const round = [1, 2, 5, 10];

/** The smallest figure people count in (1, 2, 5, 10, 20 …) that is not below this one. */
function atLeast(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return exact(round.find((step) => step * power >= value * 0.999999) * power);
}

const exact = (value) => Number(value.toPrecision(9));

/** From 0 up. */
export function linear(values) {
  const most = Math.max(1, ...values);
  const step = atLeast(most / 4);
  const count = Math.ceil(exact(most / step));
  return {
    ticks: Array.from({ length: count + 1 }, (_, at) => exact(at * step)),
    place: (value) => value / (count * step),
  };
}

/** From 0 up, for what comes whole: there is no half of it beside the axis. */
export const counting = (values) => linear([...values, 4]);

/** By powers of ten, at least one of them: what is far apart is seen together. Without a figure, from 1 to 1000. */
export function logarithmic(values) {
  const known = values.filter((value) => value > 0);
  const low = known.length === 0 ? 1 : 10 ** Math.floor(Math.log10(Math.min(...known)) + 1e-9);
  const high = known.length === 0 ? 1000 : Math.max(low * 10, atLeast(Math.max(...known)));
  const decades = Math.log10(high / low);
  const ticks = [];
  for (let power = low; power <= high * 1.000001; power *= 10)
    for (const step of decades > 2 ? [1] : decades > 1 ? [1, 3] : [1, 2, 5])
      if (step * power <= high * 1.000001) ticks.push(exact(step * power));
  return { ticks, place: (value) => Math.log10(Math.max(value, low) / low) / decades };
}

/** What is written below a time that ends now: a word for each 46 pixels at most. */
export function times(span, width) {
  const step = [15, 30, 60, 120, 300].find((seconds) => span / seconds <= width / 46) ?? span;
  return Array.from({ length: span / step + 1 }, (_, at) => ({
    text: at === 0 ? "now" : step % 60 === 0 ? `−${(at * step) / 60} min` : `−${at * step} s`,
    place: 1 - (at * step) / span,
    anchor: at === 0 ? "end" : "middle",
  }));
}
