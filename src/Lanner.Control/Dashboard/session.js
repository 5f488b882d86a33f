// Who looks. On a Unix socket nobody is asked; on TCP the token is shown once, and a cookie that no script can read stands for it.
import { get, post, remove, whenLoggedOut } from "./api.js";
import { h } from "./dom.js";

const main = document.getElementById("main");
const logOut = document.getElementById("log-out");
let asking = null;

/** Done when the server knows who looks. */
export async function logIn() {
  try {
    showAs(await get("v1/session"));
  } catch (refusal) {
    if (refusal.status === 401) await ask();
    else if (refusal.status !== 404) throw refusal;
  }
}

function showAs(session) {
  logOut.hidden = !session.expires;
}

function ask() {
  asking ??= new Promise((resolve) => {
    const input = h("input", { type: "password", name: "token", required: true, autocomplete: "current-password", autofocus: true });
    const told = h("p.wrong", { role: "alert" });
    const form = h("form.log-in", null,
      h("h1", null, "Log in"),
      h("p", null, "The token is ", h("code", null, "control_token"), " in the server's settings, or ", h("code", null, "$LANNER_CONTROL_TOKEN"), "."),
      h("label.field", null, "Token", input),
      told,
      h("div.actions", null, h("button.primary", { type: "submit" }, "Log in")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        showAs(await post("v1/session", { token: input.value }));
        asking = null;
        resolve();
      } catch (refusal) {
        told.textContent = refusal.status === 401 ? "This is not the token." : refusal.message;
        input.select();
      }
    });
    document.getElementById("apps").hidden = true;
    document.getElementById("places").hidden = true;
    main.replaceChildren(form);
    input.focus();
  });
  return asking;
}

/** @param {() => void} begin  shows the pages again */
export function watch(begin) {
  whenLoggedOut(() => { if (!asking) ask().then(begin); });
  logOut.addEventListener("click", async () => {
    await remove("v1/session").catch(() => {});
    location.reload();
  });
}
