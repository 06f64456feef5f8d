// Registers the service worker, unless whoever uses this browser wants none; the account page has the switch.
const place = new URL("../../../", import.meta.url);
const version = new URL(import.meta.url).pathname.split("/").at(-3);
const isWanted = () => localStorage.getItem("offline") !== "off";

const begin = () =>
  navigator.serviceWorker.register(new URL(`service-worker.js?v=${version}`, place), { scope: place.pathname });

const end = async () => {
  const found = await navigator.serviceWorker.getRegistration(place.href);
  await found?.unregister();
  const names = await caches.keys();
  const own = names.filter((name) => name.startsWith(`tonearm-shell ${place.pathname} `));
  await Promise.all(own.map((name) => caches.delete(name)));
};

// Browsers have it over HTTPS and on this machine only.
if (navigator.serviceWorker) (isWanted() ? begin() : end()).catch(() => {});

export default () => {
  const part = document.querySelector("[data-offline]");
  const box = part?.querySelector("input");
  if (!box || !navigator.serviceWorker) return;
  part.hidden = false;
  box.checked = isWanted();
  box.addEventListener("change", async () => {
    localStorage.setItem("offline", box.checked ? "on" : "off");
    await (box.checked ? begin() : end());
  });
};
