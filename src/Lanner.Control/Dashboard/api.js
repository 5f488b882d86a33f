// The control API: one function a verb. An answer is its JSON; a refusal is thrown.

/** The API said no: status, code (a word that does not change) and the rest of application/problem+json. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.problem = problem;
  }
}

/** Nobody answers. */
export class Unreachable extends Error {}

let onLogIn = () => {};

/** @param {() => void} action  called when the server wants to know who asks */
export const whenLoggedOut = (action) => { onLogIn = action; };

async function ask(method, path, body, headers = {}) {
  let response, text;
  try {
    response = await fetch(path, {
      method,
      cache: "no-store",
      credentials: "same-origin",
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await response.text();
  } catch {
    throw new Unreachable("the server does not answer");
  }
  let json = {};
  try {
    json = text === "" ? {} : JSON.parse(text);
  } catch {
    json = { detail: `the server answered ${response.status} without JSON` };
  }
  if (response.ok) return { json, tag: response.headers.get("ETag") };
  if (response.status === 401) onLogIn();
  throw new Refusal(response.status, json);
}

export const get = async (path) => (await ask("GET", path)).json;

/** With the version that the ETag names. */
export const getTagged = (path) => ask("GET", path);

export const post = async (path, body) => (await ask("POST", path, body)).json;

export const remove = async (path) => (await ask("DELETE", path)).json;

export const patch = async (path, body) => (await ask("PATCH", path, body)).json;

/** Changes what still has this version. */
export const patchTagged = (path, body, tag) => ask("PATCH", path, body, tag ? { "If-Match": tag } : {});

export const putTagged = (path, body, tag) => ask("PUT", path, body, tag ? { "If-Match": tag } : {});

/** The path of an app in the API. */
export const appPath = (name, ...rest) => ["v1/apps", encodeURIComponent(name), ...rest].join("/");

/** The path of a job in the API. */
export const jobPath = (name, ...rest) => ["v1/jobs", encodeURIComponent(name), ...rest].join("/");
