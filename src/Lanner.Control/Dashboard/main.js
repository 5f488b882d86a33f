// The frame: log-in, the server's line, the list of apps, and which page the address names.
//   #/                 all apps          #/apps/NAME            workers and charts
//   #/apps/NAME/VIEW   VIEW is requests, errors, jobs or settings
//   #/jobs             all jobs          #/jobs/NAME            its runs          #/jobs/NAME/ID  one run with its log
import { get, Unreachable } from "./api.js";
import { appPage } from "./app.js";
import { appList } from "./applist.js";
import { h, mark, say } from "./dom.js";
import { follow } from "./events.js";
import { bytes, ago } from "./format.js";
import { jobPage } from "./job.js";
import { jobsPage } from "./jobs.js";
import { overview } from "./overview.js";
import { onLink, poll } from "./poll.js";
import { runPage } from "./run.js";
import { logIn, watch } from "./session.js";

const main = document.getElementById("main");
const link = document.getElementById("link");
const list = appList(document.getElementById("apps"));
const places = document.getElementById("places");

let server = null;
let page = null;
let asked = null;
let first = true;

function show() {
  if (!server) return;
  const [, kind, name, view] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const known = kind === "apps" && isApp(name);
  if (!kind && first && server.apps.length === 1) {
    first = false;
    location.replace(`#/apps/${encodeURIComponent(server.apps[0].name)}`);
    return;
  }
  first = false;
  page?.close();
  main.replaceChildren();
  const isOfJobs = kind === "jobs";
  asked = kind === "apps" && name ? { name, known } : null;
  page = known ? appPage(main, name, view ?? "")
    : asked ? noApp(main, name)
    : !isOfJobs ? overview(main)
    : view ? runPage(main, name, view)
    : name ? jobPage(main, name)
    : jobsPage(main);
  page.update(server);
  document.title = known ? `${name} · Lanner` : isOfJobs ? `${[name, view].filter(Boolean).join(" ") || "Jobs"} · Lanner` : "Lanner";
  list.choose(known ? name : isOfJobs ? undefined : null);
  places.hidden = false;
  for (const place of places.children) mark(place, "aria-current", (place.hash === "#/jobs") === isOfJobs ? "page" : null);
}

const isApp = (name) => server.apps.some((app) => app.name === name);

function noApp(root, name) {
  root.append(
    h("h1", null, name),
    h("p.empty", { role: "alert" }, `There is no app named ${name}. `, h("a", { href: "#/" }, "All apps")));
  return { update() {}, close() {} };
}

async function look() {
  const before = server;
  server = await get("v1/status");
  const memory = server.pss_bytes === null ? "" : ` · front end ${bytes(server.pss_bytes)}`;
  say(document.getElementById("server"), `${server.version} · ${server.ready ? "ready" : (server.not_ready_because ?? server.state)} · up ${ago(server.started)}${memory}`);
  list.update(server.apps);
  // Apps come and go with the settings.
  if (!before || (asked && isApp(asked.name) !== asked.known)) show();
  else page?.update(server);
}

function showLink(state, wait) {
  mark(link, "class", `link ${state}`);
  say(link, state === "live" ? "live" : state === "paused" ? "paused" : `no answer from the server; next try in ${wait} s`);
  mark(main, "data-stale", state === "lost" ? "" : null);
}

async function begin() {
  for (let wait = 1; ; wait = Math.min(15, wait * 2)) {
    try {
      await logIn();
      break;
    } catch (failure) {
      showLink("lost", wait);
      if (!(failure instanceof Unreachable)) console.error(failure);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
  server = null;
  looking?.stop();
  looking = poll(1, look);
  follow();
}

let looking = null;
onLink(showLink);
window.addEventListener("hashchange", () => { show(); main.focus({ preventScroll: true }); window.scrollTo(0, 0); });
watch(() => { page?.close(); page = null; begin(); });
begin();
