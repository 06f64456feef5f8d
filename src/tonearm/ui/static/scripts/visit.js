// Goes from page to page without loading the frame anew, and starts the modules that a page names.
// Each page stays an address of its own: where a browser has no Navigation API, links and forms do what they always did.
const place = new URL("../../../", import.meta.url);
// Files, descriptions and what is written for others than the listener: the browser itself goes there.
const ELSEWHERE = ["api/", "docs", "mcp", "oauth/", "offline", "s/", "service-worker.js", "static/"];
const root = document.documentElement;
let page = new AbortController();
let visit = new AbortController();

// A module gives a function that is called for every page that names it; what it begins ends with the signal.
const start = () => {
  page = new AbortController();
  const { signal } = page;
  for (const { src } of document.querySelectorAll('script[type="module"]')) {
    if (src === import.meta.url) continue;
    import(src).then((part) => { if (!signal.aborted) part.default(signal); });
  }
};

const styles = (whole) => [...whole.querySelectorAll('link[rel="stylesheet"]')].map((link) => link.href).join();

// Null where the answer is no page that this frame can show, and the browser has to: a file, the log-in after the end of
// a session, a page with a style of its own, any page of another version, the one for when there is no connection.
const fetchPage = async (address, signal) => {
  root.dataset.underway = "";
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" }, signal });
    if (!answer.headers.get("content-type")?.startsWith("text/html")) return null;
    const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
    const isPage = whole.body.classList.contains("with-rail") || !answer.ok;
    if (!isPage || styles(whole) !== styles(document)) return null;
    const { hash } = new URL(address);
    return { whole, address: answer.url + hash };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  } finally {
    if (!signal.aborted) delete root.dataset.underway;
  }
};

const show = ({ whole }) => {
  page.abort();
  root.lang = whole.documentElement.lang;
  const { theme } = whole.documentElement.dataset;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  document.title = whole.title;
  // Of the head only the modules differ between pages.
  for (const script of document.head.querySelectorAll('script[type="module"]')) script.remove();
  document.head.append(...whole.head.querySelectorAll('script[type="module"]'));
  document.body.replaceWith(whole.body);
  // Whoever does not see the page hears where they are.
  const heading = document.querySelector("main h1") ?? document.querySelector("main");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  start();
};

// The address changes together with the page, not before: until then everything is as it was.
const go = async (address, history) => {
  const { signal } = visit;
  const found = await fetchPage(address, signal);
  navigation.navigate(found?.address ?? address, { history, info: { found } });
};

const goBack = async (address, signal) => {
  const found = await fetchPage(address, signal);
  if (!found) location.reload();
  // What a form answered is gone; the page that the form is on is there under its own address.
  else if (found.address !== address) navigation.navigate(found.address, { history: "replace", info: { found } });
  else show(found);
};

const isOurs = ({ canIntercept, destination, formData }) => {
  if (!canIntercept || formData || !destination.url.startsWith(place.href)) return false;
  const rest = destination.url.slice(place.href.length);
  return !ELSEWHERE.some((other) => rest.startsWith(other));
};

const visited = (event) => {
  const { destination, info, navigationType } = event;
  if (info?.found) {
    event.intercept({ handler: async () => show(info.found), focusReset: "manual" });
    return;
  }
  const isBack = navigationType === "traverse";
  // What stays on this page, or only renames it, is no visit.
  if (event.hashChange || event.downloadRequest !== null || (destination.sameDocument && !isBack)) return;
  visit.abort();
  visit = new AbortController();
  if (info || navigationType === "reload" || !isOurs(event)) return;
  if (isBack) {
    const signal = AbortSignal.any([event.signal, visit.signal]);
    event.intercept({ handler: () => goBack(destination.url, signal), focusReset: "manual" });
  } else {
    event.preventDefault();
    go(destination.url, navigationType).catch((error) => { if (error.name !== "AbortError") throw error; });
  }
};

start();
const isAble = window.navigation && AbortSignal.any;
if (isAble && document.body.classList.contains("with-rail")) navigation.addEventListener("navigate", visited);
