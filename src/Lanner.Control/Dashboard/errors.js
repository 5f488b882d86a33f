// What requests ended with of late: the same error is one line with its number; the traceback opens below it.
import { appPath, get } from "./api.js";
import { each, h, say } from "./dom.js";
import { ago, moment, number } from "./format.js";
import { poll } from "./poll.js";

export function errors(root, name) {
  const list = h("div.errors", null);
  const sum = h("p.quiet-text", null, "\u00a0");
  const none = h("p.empty", { hidden: true }, "No request has ended with an error since the server started.");
  root.append(h("section.panel", { "aria-label": "Recent errors" }, h("header", null, h("h2", null, "Recent errors")), sum, list, none));

  const task = poll(2, async () => {
    const answer = await get(appPath(name, "errors"));
    none.hidden = answer.errors.length > 0;
    say(sum, answer.errors.length > 0 ? `${number(answer.total)} since the server started; the same error is counted` : "\u00a0");
    each(list, answer.errors, (error) => `${error.code} ${error.first}`, (error) => h("details.error", null,
      h("summary", null, h("span.count", null), h("span.badge.failing", null, error.code), h("span.message", null), h("span.when", null)),
      h("p", null), h("pre", { tabindex: 0 })),
    (element, error) => {
      const [count, , message, when] = element.firstChild.children;
      const [, facts, traceback] = element.children;
      say(count, `${number(error.count)}×`);
      say(message, error.message || `${error.method} ${error.path}`);
      say(when, `${ago(error.at)} ago`);
      say(facts, `${error.method} ${error.path} · request ${error.request_id}${error.pid ? ` · process ${error.pid}` : ""} · last ${moment(error.at)} · first ${moment(error.first)}`);
      say(traceback, error.traceback);
      traceback.hidden = !error.traceback;
    });
  });

  return { close() { task.stop(); } };
}
