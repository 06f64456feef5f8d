// Shows a page of ours where no page can be had. It keeps that page and what it is drawn with, and nothing else:
// answers of the API and pages of a listener go past it, from the network, every time.
const place = new URL(self.registration.scope);
const version = new URL(self.location).searchParams.get("v");
const prefix = `tonearm-shell ${place.pathname} `;
const shell = prefix + version;
const offline = new URL("offline", place).href;
const parts = [
  "style.css",
  "brand/favicon.svg",
  "scripts/app.js",
  "scripts/offline.js",
  "scripts/visit.js",
  "vendor/inter/inter-latin-wght-normal.woff2",
  "vendor/fraunces/fraunces-latin-opsz-normal.woff2",
].map((name) => new URL(`static/${version}/${name}`, place).href);

self.addEventListener("install", (event) => {
  const fresh = [offline, ...parts].map((address) => new Request(address, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(shell).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith(prefix) && name !== shell).map((name) => caches.delete(name)));
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  };
  event.waitUntil(drop());
});

const fromNetwork = async (event) => {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const cache = await caches.open(shell);
    return (await cache.match(offline)) ?? Response.error();
  }
};

const fromShell = async (request) => {
  const cache = await caches.open(shell);
  return (await cache.match(request)) ?? fetch(request);
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(fromNetwork(event));
  else if (parts.includes(request.url)) event.respondWith(fromShell(request));
});
