// SPDX-License-Identifier: Apache-2.0
// The gateway's API by session cookie. What is refused becomes a Problem with the gateway's own words.

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? `The gateway answered ${status}.`);
    this.status = status;
    this.code = body?.code ?? null;
    this.body = body ?? {};
  }

  /** The gateway is older than this page, or has this part switched off. */
  get isMissingRoute() {
    return this.code === "unknown_route" || this.status === 405;
  }
}

let token = null;
let isReached = true;

/** Tells the frame when the gateway falls silent, and when it answers again. */
function noteReach(reached) {
  if (reached === isReached) return;
  isReached = reached;
  window.dispatchEvent(new CustomEvent("reach", { detail: reached }));
}

/** What every change has to send along; null after signing out. */
export function useToken(value) {
  token = value;
}

export async function request(method, path, { body, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && token !== null) headers["Martlet-CSRF"] = token;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      cache: "no-store",
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    noteReach(false);
    throw new Problem(0, { detail: "The gateway does not answer. Is it running, and is this machine on its network?" });
  }
  noteReach(true);
  const type = response.headers.get("Content-Type") ?? "";
  const content = type.includes("json") ? await response.json() : await response.text();
  if (response.ok) return content;
  const problem = new Problem(response.status, type.includes("json") ? content : { detail: content });
  if (response.status === 401 && path !== "/v1/session") window.dispatchEvent(new CustomEvent("signed-out"));
  throw problem;
}

/** Parameters without those that are empty. */
export function query(path, parameters = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, value);
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

export const get = (path, parameters, signal) => request("GET", query(path, parameters), { signal });
export const post = (path, body) => request("POST", path, { body });
export const remove = (path) => request("DELETE", path);

/** Null instead of a problem where the gateway has no such route. */
export async function getIfServed(path, parameters, signal) {
  try {
    return await get(path, parameters, signal);
  } catch (error) {
    if (error instanceof Problem && error.isMissingRoute) return null;
    throw error;
  }
}

export const segment = (text) => encodeURIComponent(text);
