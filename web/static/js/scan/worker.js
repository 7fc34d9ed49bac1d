// The service worker of /scan: keeps the shell of one build, and nothing else. `SHELL` {build, page, files} stands in
// front of this text when it is served as /sw.js.

const CACHE = `kuayu-scan-${SHELL.build}`;

addEventListener("install", (event) => event.waitUntil(fill()));
addEventListener("activate", (event) => event.waitUntil(clear()));
addEventListener("message", (event) => event.data === "take over" && skipWaiting());
addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") {
    return;
  }
  if (event.request.mode === "navigate" && pathname === "/scan") {
    event.respondWith(kept(SHELL.page, event.request));
  } else if (SHELL.files.includes(pathname)) {
    event.respondWith(kept(pathname, event.request));
  }
});

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll([SHELL.page, ...SHELL.files].map((path) => new Request(path, { cache: "reload" })));
}

async function clear() {
  const names = (await caches.keys()).filter((name) => name.startsWith("kuayu-scan-") && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
  await clients.claim();
}

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
