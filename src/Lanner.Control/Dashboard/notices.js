// Short news at the edge of the page, read aloud by screen readers.
import { h } from "./dom.js";

const shown = document.getElementById("notices");

/** @param {"good"|"bad"|"busy"} kind
 *  @returns {() => void} takes it away */
export function notice(kind, text) {
  const element = h(`p.notice.${kind}`, null, text);
  const close = () => element.remove();
  if (kind === "bad") element.append(h("button.quiet", { type: "button", onclick: close, "aria-label": "Dismiss" }, "×"));
  else if (kind === "good") setTimeout(close, 6000);
  shown.append(element);
  return close;
}
