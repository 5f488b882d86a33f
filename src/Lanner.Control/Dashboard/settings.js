// The app's live settings: an editor that says what would change, and every version with who made it and what it changed.
import { appPath, get, getTagged, patchTagged, putTagged } from "./api.js";
import { confirm } from "./dialogs.js";
import { h, say } from "./dom.js";
import { moment } from "./format.js";
import { changes, difference, same } from "./mergepatch.js";
import { notice } from "./notices.js";
import { poll } from "./poll.js";

const written = (settings) => JSON.stringify(settings, null, 2);

export function settings(root, name) {
  const version = h("span.quiet-text", null);
  const editor = h("textarea", { "aria-label": `Settings of ${name} as JSON`, spellcheck: "false", rows: 14, autocomplete: "off" });
  const told = h("div.told", { role: "alert" });
  const pending = h("div.pending", { "aria-live": "polite" });
  const save = h("button.primary", { type: "button", onclick: store }, "Save…");
  const discard = h("button", { type: "button", onclick: () => { editor.value = written(current); edited(); } }, "Discard");
  const versions = h("ol.versions", null);
  const panel = h("section.panel", { "aria-label": "Settings" },
    h("header", null, h("h2", null, "Live settings"), version), editor, told, pending, h("div.actions", null, discard, save));
  const past = h("section.panel", { "aria-label": "History of the settings" }, h("header", null, h("h2", null, "History")), versions);
  root.append(panel, past);
  panel.hidden = past.hidden = true;

  let current = null, tag = null, drawn = null;
  const address = appPath(name, "settings");
  editor.addEventListener("input", edited);
  editor.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); if (!save.disabled) store(); } });

  const task = poll(3, async () => {
    try {
      take(await getTagged(address));
    } catch (refusal) {
      if (refusal.status !== 404) throw refusal;
      root.replaceChildren(h("p.hint", null, "This version of the server has no live settings."));
      task.stop();
      return;
    }
    await showHistory();
  });

  function take({ json, tag: newTag }) {
    const untouched = current === null || editor.value === written(current);
    if (newTag === tag) return;
    if (untouched) editor.value = written(json);
    else say(told, `Somebody else has made version ${newTag} meanwhile. Discard shows it; Save is measured against it.`);
    current = json;
    tag = newTag;
    say(version, `version ${tag?.replaceAll('"', "") ?? "–"}`);
    panel.hidden = past.hidden = false;
    edited(null);
  }

  function parsed() {
    try {
      const value = JSON.parse(editor.value);
      return value !== null && typeof value === "object" && !Array.isArray(value) ? { value } : { problem: "The settings are an object: { … }" };
    } catch (error) {
      return { problem: error.message };
    }
  }

  function edited(event) {
    const { value, problem } = parsed();
    editor.setAttribute("aria-invalid", problem ? "true" : "false");
    const changed = problem ? [] : changes(current, value);
    save.disabled = Boolean(problem) || changed.length === 0;
    discard.disabled = editor.value === written(current);
    if (event) say(told, "");
    pending.replaceChildren(problem ? h("p.wrong", null, problem) : list(changed));
  }

  async function store() {
    const { value } = parsed();
    if (!await confirm(`Change the settings of ${name}?`, "Every worker has them before this is answered; a request in flight keeps those that it began with.", "Save", list(changes(current, value)))) return;
    const patch = difference(current, value);
    await change(() => (patch === undefined ? putTagged(address, value, tag) : patchTagged(address, patch, tag)));
  }

  async function restore(entry) {
    if (await confirm(`Go back to version ${entry.version}?`, "A new version with the values of that one.", "Go back", list(changes(current, entry.settings))))
      await change(() => putTagged(address, entry.settings, tag));
  }

  async function change(action) {
    try {
      const answer = await action();
      say(told, "");
      if (current) editor.value = written(current);
      notice("good", `${name}: the settings are changed${answer.tag ? `, version ${answer.tag.replaceAll('"', "")}` : ""}`);
    } catch (refusal) {
      const problems = refusal.problem?.problems?.map((problem) => (typeof problem === "string" ? problem : `${problem.path}: ${problem.reason}`)) ?? [];
      told.replaceChildren(h("p.wrong", null, refusal.status === 412 ? "Somebody else has changed the settings meanwhile: nothing was saved. Look at what has changed, then save again." : refusal.message),
        problems.length > 0 ? h("ul", null, ...problems.map((problem) => h("li", null, problem))) : "");
    }
    await task.now();
  }

  async function showHistory() {
    const answer = await get(`${address}/history`);
    if (same(answer.versions.map((entry) => entry.version), drawn)) return;
    drawn = answer.versions.map((entry) => entry.version);
    versions.replaceChildren(...answer.versions.map((entry, at) => {
      const before = answer.versions[at + 1]?.settings;
      return h("li", null, h("details", { open: at === 0 },
        h("summary", null, h("b", null, `version ${entry.version}`), ` ${moment(entry.at)} by ${entry.by}`),
        before ? list(changes(before, entry.settings)) : h("pre", { tabindex: 0 }, written(entry.settings)),
        at > 0 ? h("button", { type: "button", onclick: () => restore(entry) }, `Go back to version ${entry.version}…`) : null));
    }));
  }

  return { close() { task.stop(); } };
}

function list(changed) {
  if (changed.length === 0) return h("p.quiet-text", null, "No change.");
  const value = (entry, what) => (entry === undefined ? h("i", null, what) : h("code", null, JSON.stringify(entry)));
  return h("ul.changes", null, ...changed.map(({ name, old, now }) => h("li", null, h("b", null, name), " ", value(old, "not set"), " → ", value(now, "removed"))));
}
