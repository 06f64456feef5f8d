// Loads htmx where a page has parts that change by themselves, once, and lets go of them when the page is left.
const vendor = new URL("../vendor/htmx/", import.meta.url);

const load = (name) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL(name, vendor).href;
  script.onload = resolve;
  script.onerror = reject;
  document.head.append(script);
});

const loadAll = async () => {
  const config = document.createElement("meta");
  config.name = "htmx-config";
  // The style of its signs would be inline; going back and forth is for visit.js.
  config.content = '{"includeIndicatorCSS":false,"history":false,"extensions":"sse"}';
  document.head.append(config);
  await load("htmx.min.js");
  // htmx begins by itself after a moment. Its extension has to come later: both would open a stream.
  await new Promise((resolve) => { setTimeout(resolve); });
  await load("hx-sse.min.js");
};
let loaded = null;

export default async (signal) => {
  const main = document.getElementById("main");
  loaded ??= loadAll();
  await loaded;
  if (signal.aborted) return;
  htmx.process(main);
  // Deleted by htmx, its streams are closed and its clocks stand still.
  signal.addEventListener("abort", () => {
    htmx.swap({ text: "", swap: "delete", target: main, sourceElement: main });
  });
};
