// One run: when, how it ended, and what it wrote, as it writes it.
import { get, jobPath } from "./api.js";
import { h, mark, say } from "./dom.js";
import { moment } from "./format.js";
import { jobHash, late, makeResult, runTime, showResult } from "./jobparts.js";
import { poll } from "./poll.js";

/** A page that is left open for days keeps no more of the log than this. */
const longest = 1 << 20;

export function runPage(root, name, id) {
  const badge = makeResult();
  const reason = h("p", null);
  const figures = Object.fromEntries(["Due", "Began", "Late", "Took", "Attempt", "Asked for by"].map((label) => [label, h("dd", null, "–")]));
  const log = h("pre.log", { tabindex: 0, role: "log", "aria-label": "Log" });
  const quiet = h("p.quiet-text", null, "\u00a0");
  const traceback = block("Traceback"), result = block("Result");
  root.append(
    h("p.path-to", null, h("a", { href: "#/jobs" }, "Jobs"), " / ", h("a", { href: jobHash(name) }, name)),
    h("div.title", null, h("h1", null, `${name}, run ${id}`, " ", badge)),
    reason,
    h("dl.figures.facts", null, ...Object.entries(figures).map(([label, value]) => h("div", null, h("dt", null, label), value))),
    h("div.view", null, traceback.element, h("section.panel", { "aria-label": "Log of the run" }, h("header", null, h("h2", null, "Log"), quiet), log), result.element));
  let known = 0;

  const task = poll(1, async () => {
    let run;
    try {
      run = (await get(jobPath(name, `runs/${encodeURIComponent(id)}?log_from=${known}`))).run;
    } catch (refusal) {
      if (refusal.status !== 404 && refusal.status !== 422) throw refusal;
      task.stop();
      mark(reason, "class", "wrong");
      return say(reason, `${refusal.message}: it is not kept any more, or never was.`);
    }
    if (run.finished) task.stop();
    show(run);
  });

  function show(run) {
    showResult(badge, run.state);
    say(reason, run.reason);
    say(figures.Due, moment(run.due));
    say(figures.Began, run.started ? moment(run.started) : "–");
    say(figures.Late, late(run));
    say(figures.Took, runTime(run));
    say(figures.Attempt, run.attempt);
    say(figures["Asked for by"], run.origin === "schedule" ? "its schedule" : run.origin === "manual" ? "a person" : `the app${run.key ? `, key ${run.key}` : ""}`);
    traceback.show(run.traceback);
    result.show(run.result === null ? "" : JSON.stringify(run.result, null, 2));
    const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 20;
    if (known > 0 && run.log_from === known) {
      if (run.log) log.append(run.log);
    } else say(log, (run.log_from > 0 ? "…" : "") + run.log);
    known = run.log_from + run.log.length;
    if (log.textContent.length > longest) log.textContent = `…${log.textContent.slice(-longest / 2)}`;
    if (follows) log.scrollTop = log.scrollHeight;
    log.hidden = log.textContent === "";
    say(quiet, run.finished ? (log.hidden ? "It wrote nothing." : "as it is kept") : run.started ? "as it is written" : "it has not begun");
  }

  function block(title) {
    const text = h("pre", { tabindex: 0 });
    const element = h("section.panel", { "aria-label": title, hidden: true }, h("header", null, h("h2", null, title)), text);
    return { element, show(value) { element.hidden = !value; say(text, value); } };
  }

  return { update() {}, close() { task.stop(); } };
}
