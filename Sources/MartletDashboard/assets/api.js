// SPDX-License-Identifier: Apache-2.0
// The gateway's API by session cookie. What is refused becomes a Problem with the gateway's own words.

/** A list or a page that takes longer counts as not answered. Changes may take as long as an endpoint's timeout. */
const patience = 20000;

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? `The gateway answered ${status}.`);
    this.status = status;
    this.code = body?.code ?? null;
    this.field = body?.field ?? null;
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

function headersFor(method, body, more) {
  const headers = { Accept: "application/json", ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && token !== null) headers["Martlet-CSRF"] = token;
  return headers;
}

async function answerOf(method, path, { body, signal, headers }) {
  const limits = [signal, method === "GET" ? AbortSignal.timeout(patience) : null].filter(Boolean);
  try {
    const response = await fetch(path, {
      method,
      headers: headersFor(method, body, headers),
      signal: limits.length > 0 ? AbortSignal.any(limits) : undefined,
      cache: "no-store",
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const isJSON = (response.headers.get("Content-Type") ?? "").includes("json");
    const content = isJSON ? await response.json() : await response.text();
    noteReach(true);
    return { response, content: isJSON || response.ok ? content : { detail: content } };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    noteReach(false);
    throw new Problem(0, { detail: "The gateway does not answer. Is it running, and is this machine on its network?" });
  }
}

/** The content of a good answer. */
export async function request(method, path, options = {}, isRepeated = false) {
  const { response, content } = await answerOf(method, path, options);
  if (response.ok) return content;
  const problem = new Problem(response.status, content);
  if (problem.code === "csrf" && !isRepeated) {
    // Another tab has signed in since: the cookie is that one's, and so must the token be.
    useToken((await request("GET", "/v1/session")).csrfToken);
    return request(method, path, options, true);
  }
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
export const remove = (path, body) => request("DELETE", path, { body });
export const patch = (path, body, version) =>
  request("PATCH", path, { body, headers: version ? { "If-Match": `"${version}"` } : {} });

const unanswered = new Map();

/**
 * Makes something, once: if no answer came that says what became of it, the same wish is sent again under the same
 * Idempotency-Key, and the gateway does not do it twice.
 */
export async function create(path, body) {
  const wish = JSON.stringify([path, body]);
  if (!unanswered.has(wish)) unanswered.set(wish, randomID());
  try {
    const content = await request("POST", path, { body, headers: { "Idempotency-Key": unanswered.get(wish) } });
    unanswered.delete(wish);
    return content;
  } catch (error) {
    if (!isOpen(error)) unanswered.delete(wish);
    throw error;
  }
}

/** Whether the wish may have been done, or is being done, without its answer: it must not count as another then. */
const isOpen = ({ status, code }) =>
  status === 0 || (status >= 500 && code !== "outcome_unknown") || code === "request_under_way";

/** A UUID; `crypto.randomUUID` is not there on plain HTTP beyond loopback. */
function randomID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export const segment = (text) => encodeURIComponent(text);
