// Calls of our own HTTP interface with the session's cookie. Errors are problem+json (RFC 9457).

import { CALLS } from "./words/forms.js";

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || CALLS.silent);
    this.status = status;
    this.code = body.code || "";
    this.errors = body.errors || [];
    this.cases = body.cases || [];
    this.said = body.said;
    this.theirs = body.theirs || null; // what somebody else has done meanwhile
    this.serverTime = body.serverTime; // where ours is too far from it
  }
}

/** One call; raises Problem. `options`: as `fetch` takes them. */
export async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (fault) {
    if (fault.name === "AbortError") {
      throw fault;
    }
    throw new Problem(0, { detail: CALLS.offline });
  }
  const text = await answer.text();
  const body = text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {};
  if (answer.status === 401) {
    body.said = body.detail;
    body.detail = CALLS.expired;
  }
  if (!answer.ok) {
    throw new Problem(answer.status, body);
  }
  return body;
}

export function get(path, signal) {
  return call(path, { signal });
}

export function post(path, body, key, more = {}) {
  const headers = { "Content-Type": "application/json" };
  if (key) {
    headers["Idempotency-Key"] = key;
  }
  return call(path, { method: "POST", headers, body: JSON.stringify(body), ...more });
}

export function put(path, body, more = {}) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "PUT", headers, body: JSON.stringify(body), ...more });
}

export function drop(path) {
  return call(path, { method: "DELETE" });
}

/** The bytes of one file, as they are; its type is what they say. */
export function upload(path, file) {
  return call(path, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
}

/** Random and unguessable enough for a key or an id, also where the page is not served over https. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
