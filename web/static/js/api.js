// Calls of our own HTTP interface with the session's cookie. Errors are problem+json (RFC 9457).

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || "系统暂时没有回应，请稍后再试");
    this.status = status;
    this.code = body.code || "";
    this.errors = body.errors || [];
    this.cases = body.cases || [];
    this.theirs = body.theirs || null; // what somebody else has done meanwhile
  }
}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Problem(0, { detail: "网络不通，内容还在，请稍后再提交" });
  }
  const text = await answer.text();
  const body = text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {};
  if (answer.status === 401) {
    body.detail = "登录已过期，请在新窗口登录后再提交";
  }
  if (!answer.ok) {
    throw new Problem(answer.status, body);
  }
  return body;
}

export function get(path, signal) {
  return call(path, { signal });
}

export function post(path, body, key) {
  const headers = { "Content-Type": "application/json" };
  if (key) {
    headers["Idempotency-Key"] = key;
  }
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
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
