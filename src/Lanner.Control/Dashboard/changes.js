// What changes the server: each is confirmed first, and its end is told.
import { appPath, jobPath, patch, post } from "./api.js";
import { confirm, field, showText } from "./dialogs.js";
import { jobHash } from "./jobparts.js";
import { notice } from "./notices.js";
import { refresh } from "./poll.js";

/** @returns {Promise<object|null>} the answer; null when it was refused */
async function run(doing, action, done) {
  const close = notice("busy", doing);
  try {
    const answer = await action();
    notice("good", done(answer));
    return answer;
  } catch (refusal) {
    if (refusal.problem?.traceback || refusal.problem?.problems)
      showText("Not done", refusal.message, refusal.problem.traceback || refusal.problem.problems.join("\n"));
    else notice("bad", refusal.message);
    return null;
  } finally {
    close();
    refresh();
  }
}

export async function reload(name) {
  if (await confirm(`Reload ${name}?`, "A new generation starts from the code and settings on disk, and takes over once it is ready. Requests go on; when it does not start, what serves now goes on.", "Reload"))
    await run(`${name}: a new generation starts`, () => post(appPath(name, "reload")), (app) => `${name}: generation ${app.generation} serves`);
}

export async function reloadAll() {
  if (await confirm("Reload all apps?", "New generations of all apps start, with the apps that were added to or removed from the settings. Requests go on.", "Reload all"))
    await run("new generations start", () => post("v1/reload"), (answer) => `${answer.apps.length} apps were reloaded`);
}

export async function scale(app, threads) {
  const filled = await confirm(`Scale ${app.name}`, "Until the next reload, which goes back to the settings. A change of threads replaces the workers, one after the other.", "Scale",
    field("Workers", "workers", { type: "number", min: 1, max: 1024, required: true, value: app.workers_wanted || 1, autofocus: true }),
    field("Threads in each", "threads", { type: "number", min: 1, max: 1024, required: true, value: threads }));
  if (!filled) return;
  const wanted = { workers: Number(filled.get("workers")) };
  if (Number(filled.get("threads")) !== threads) wanted.threads = Number(filled.get("threads"));
  await run(`${app.name}: workers start`, () => patch(appPath(app.name, "scale"), wanted), (now) => `${app.name} has ${now.workers_ready} workers`);
}

export async function recycle(worker) {
  if (await confirm(`Recycle worker ${worker.slot} (pid ${worker.pid})?`, "Another process takes its slot: this one serves until that is ready, finishes what it has, and ends.", "Recycle"))
    await run(`worker ${worker.slot}: its replacement starts`, () => post(`v1/workers/${worker.pid}/recycle`), () => `worker ${worker.slot} is replaced`);
}

/** Leads to the run. */
export async function runJob(name) {
  const filled = await confirm(`Run ${name} now?`, "It runs once, as soon as a thread of its app's job workers is free, also when it is paused. Its schedule stays as it is.", "Run now",
    field("Arguments: a JSON list or object; empty: those of the job", "arguments", { autocomplete: "off", spellcheck: "false", placeholder: "[]", autofocus: true }));
  if (!filled) return;
  const text = filled.get("arguments").trim();
  let given;
  try {
    given = text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    return notice("bad", `The arguments are no JSON: ${error.message}`);
  }
  const answer = await run(`${name}: a run is put in line`, () => post(jobPath(name, "run"), given), (told) => `${name}: run ${told.run.id} is in line`);
  if (answer) location.hash = jobHash(name, answer.run.id);
}

export async function pauseJob(name) {
  if (await confirm(`Pause ${name}?`, "Its schedule rests, over restarts of the server too, until somebody resumes it. What runs goes on; what the app asks for waits.", "Pause"))
    await run(`${name}: is paused`, () => post(jobPath(name, "pause")), () => `${name} is paused`);
}

export async function resumeJob(name) {
  if (await confirm(`Resume ${name}?`, "Its schedule goes on. What it missed is left out or made up for, as the job says (missed).", "Resume"))
    await run(`${name}: goes on`, () => post(jobPath(name, "resume")), () => `${name} goes on`);
}
