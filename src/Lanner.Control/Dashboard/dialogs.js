// Dialogs: one to confirm, one to ask for figures, one to show a text. The browser keeps the focus inside and gives it back.
import { h } from "./dom.js";

/** Opens a dialog; it is gone when it is closed. Escape and a click beside it close it. */
export function open(label, ...content) {
  const dialog = h("dialog", { "aria-label": label }, ...content);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(""); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * @param {string} title    a question
 * @param {string} text     what will happen
 * @param {string} action   the word on the button
 * @param {...Node} fields  more to fill in
 * @returns {Promise<FormData|null>} what was filled in; null when it was not confirmed
 */
export function confirm(title, text, action, ...fields) {
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog" },
      h("h2", null, title),
      h("p", null, text),
      ...fields,
      h("div.actions", null,
        h("button", { type: "button", value: "", onclick: () => dialog.close("") }, "Cancel"),
        h("button.primary", { type: "submit", value: "yes", autofocus: fields.length === 0 }, action)));
    let filled = null;
    form.addEventListener("submit", () => { filled = new FormData(form); });
    const dialog = open(title, form);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? filled : null));
  });
}

/** Shows a long text, such as a traceback. */
export function showText(title, sentence, text) {
  const dialog = open(title,
    h("h2", null, title),
    h("p", null, sentence),
    text ? h("pre", { tabindex: 0 }, text) : null,
    h("div.actions", null, h("button.primary", { type: "button", onclick: () => dialog.close(), autofocus: true }, "Close")));
}

/** @param {string} label @param {string} name @param {object} attributes of the input */
export const field = (label, name, attributes) => h("label.field", null, label, h("input", { name, ...attributes }));
