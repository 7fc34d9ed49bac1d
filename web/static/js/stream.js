// One connection per browser, however many tabs follow a case: a browser has six per host, and a page needs some too.
// The tab that holds the lock LEADER has the stream of all cases that any tab follows and tells the others what comes;
// when it goes, the browser gives the lock to another, which goes on from the last event that was heard of.
// A tab shows by a shared lock of its own which case it follows: what a tab holds goes with it, also in a crash.

const CHANNEL = "kuayu-cases";
const LEADER = "kuayu-cases-leader";
const FOLLOWS = "kuayu-case-";
export const LISTS = "lists"; // followed like a case: news whenever any list of cases or tasks may have changed
const MOST = 200; // cases per stream, as the server has it
const GATHER_MS = 100;
const AGAIN_MS = 1000;
const AGAIN_AT_MOST_MS = 30000;

// Who logs out closes the stream first: opened while the login goes, it would only be refused.
document.addEventListener("submit", ({ target }) => target.getAttribute("action") === "/logout" && leave());

let tab = null; // what this tab follows: {caseNo, heard, left, leave}
let channel = null;
let source = null;
let leading = false;
let timer = 0;
let pause = AGAIN_MS;
const known = new Map(); // case → the last of its events that this tab has heard of
const streamed = new Set(); // the leader's: cases of the open stream

/**
 * Follow one case, or LISTS; returns a function that ends it.
 * @param since the last event that the page shows
 * @param heard called with "open", "away", "case", "closed", "over" (the login has ended) or "crowded" (not followed)
 */
export function follow(caseNo, since, heard) {
  const left = {};
  left.promise = new Promise((resolve) => (left.resolve = resolve));
  tab = { caseNo, heard, left };
  known.set(caseNo, since);
  if (navigator.locks && window.BroadcastChannel) {
    channel = new BroadcastChannel(CHANNEL);
    channel.addEventListener("message", ({ data }) => take(data));
    hold(FOLLOWS + caseNo, "shared", greet);
    hold(LEADER, "exclusive", lead);
  } else {
    alone();
  }
  return leave;
}

/** Without locks (plain HTTP from another machine): a stream of its own, but only while somebody looks at the tab. */
function alone() {
  const look = () => {
    if (document.visibilityState === "visible") {
      lead();
    } else {
      stop();
    }
  };
  document.addEventListener("visibilitychange", look);
  tab.left.promise.then(() => document.removeEventListener("visibilitychange", look));
  look();
}

/** A lock for as long as this tab follows; `begun` is called when it is ours. */
function hold(name, mode, begun) {
  const mine = tab;
  navigator.locks.request(name, { mode }, () => {
    if (tab === mine) {
      begun();
    }
    return mine.left.promise;
  });
}

function leave() {
  if (!tab) {
    return;
  }
  stop();
  tab.left.resolve();
  tab = null;
  channel?.close();
  channel = null;
}

function stop() {
  clearTimeout(timer);
  source?.close();
  source = null;
  leading = false;
  streamed.clear();
}

// --- every tab ---

function greet() {
  say({ kind: "hello", caseNo: tab.caseNo, since: known.get(tab.caseNo) });
}

/** To the other tabs. */
function say(message) {
  channel?.postMessage(message);
}

/** To all tabs, this one too. */
function tell(message) {
  say(message);
  take(message);
}

function take(message) {
  if (!tab) {
    return;
  }
  const mine = message.caseNo === tab.caseNo;
  if (message.kind === "who") {
    greet();
  } else if (message.kind === "hello" && leading) {
    welcome(message);
  } else if (message.kind === "open") {
    opened(message.at);
  } else if (message.kind === "case") {
    known.set(message.caseNo, Math.max(message.id, known.get(message.caseNo) ?? 0));
    if (mine) {
      tab.heard("case");
    }
  } else if (message.kind === "away") {
    tab.heard("away");
  } else if (message.kind === "over" || (message.kind === "closed" && mine)) {
    tab.heard(message.kind);
    leave();
  }
}

/** The leader's stream stands; `at` says how far it is with each case. */
function opened(at) {
  const reached = at.get(tab.caseNo);
  if (reached === undefined) {
    if (at.size >= MOST) {
      tab.heard("crowded");
    }
    return; // else this tab's own greeting is on its way
  }
  tab.heard("open");
  if (reached > known.get(tab.caseNo)) {
    known.set(tab.caseNo, reached);
    tab.heard("case"); // it came before this tab listened
  }
}

// --- the leader ---

function lead() {
  leading = true;
  say({ kind: "who" });
  reopen(GATHER_MS);
}

/** A tab has come. A case that is in the stream already needs no other one. */
function welcome({ caseNo, since }) {
  if (!streamed.has(caseNo)) {
    known.set(caseNo, since);
    reopen(GATHER_MS);
  } else if (source?.readyState === EventSource.OPEN) {
    say({ kind: "open", at: reached() });
  }
}

function reached() {
  return new Map([...streamed].map((caseNo) => [caseNo, known.get(caseNo) ?? 0]));
}

function reopen(within) {
  clearTimeout(timer);
  timer = setTimeout(connect, within);
}

async function connect() {
  const cases = await followed();
  if (!leading) {
    return;
  }
  source?.close();
  streamed.clear();
  const query = new URLSearchParams();
  for (const caseNo of cases) {
    streamed.add(caseNo);
    if (caseNo === LISTS) {
      query.append("lists", "true");
    } else {
      query.append("case", caseNo);
      query.append("since", known.get(caseNo) ?? 0);
    }
  }
  listen(new EventSource(`/api/v1/stream?${query}`));
}

async function followed() {
  if (!channel) {
    return [tab.caseNo];
  }
  const { held } = await navigator.locks.query();
  const names = held.map((lock) => lock.name).filter((name) => name.startsWith(FOLLOWS));
  return [...new Set(names)].map((name) => name.slice(FOLLOWS.length)).slice(0, MOST);
}

function listen(stream) {
  source = stream;
  stream.addEventListener("open", () => {
    pause = AGAIN_MS;
    tell({ kind: "open", at: reached() });
  });
  stream.addEventListener("case", ({ data }) => {
    const { caseNo, id } = JSON.parse(data);
    tell({ kind: "case", caseNo, id });
  });
  stream.addEventListener("lists", () => tell({ kind: "case", caseNo: LISTS, id: (known.get(LISTS) ?? 0) + 1 }));
  stream.addEventListener("closed", ({ data }) => {
    const { caseNo } = JSON.parse(data);
    streamed.delete(caseNo);
    tell({ kind: "closed", caseNo });
  });
  stream.addEventListener("over", () => tell({ kind: "over" }));
  stream.addEventListener("error", () => lost(stream));
}

/** The stream broke, or the server has ended it; it is opened anew from where each case was, after a growing pause. */
async function lost(stream) {
  if (stream !== source) {
    return;
  }
  const refused = stream.readyState === EventSource.CLOSED;
  stream.close();
  if (streamed.size === 0) {
    return; // all are closed: there is nothing to wait for until another tab comes
  }
  tell({ kind: "away" });
  if (refused && (await loggedOut())) {
    tell({ kind: "over" });
  } else if (leading && stream === source) {
    reopen(pause);
    pause = Math.min(2 * pause, AGAIN_AT_MOST_MS);
  }
}

/** A page answers with the way to the login when nobody is logged in. */
async function loggedOut() {
  try {
    const answer = await fetch(`${location.pathname}/live`, { redirect: "manual" });
    return answer.type === "opaqueredirect";
  } catch {
    return false;
  }
}
