// Lets a list grow when its end comes near, up to a number of rows; from there on, and without this, a link leads on.
const NEAR = "600px";

const rowsOf = (list) => [...list.querySelectorAll("tbody > tr")];

// Rows that are new are appended, each to the day it belongs to. A list that was asked for whole may have changed its
// order meanwhile: then all of it is replaced.
const grow = (list, found) => {
  const shown = rowsOf(list).map((row) => row.id);
  const rows = rowsOf(found);
  if (list.dataset.whole !== undefined && shown.some((id, place) => rows[place]?.id !== id)) {
    list.replaceChildren(...found.childNodes);
    return;
  }
  const known = new Set(shown);
  for (const row of rows.filter(({ id }) => !known.has(id))) {
    const day = row.closest("section");
    const own = day ? document.getElementById(day.id) : list;
    if (own) own.querySelector("tbody").append(row);
    else list.append(day);
  }
};

export default (signal) => {
  const list = document.querySelector("[data-grows]");
  const pages = document.querySelector("nav.pages");
  const link = pages?.querySelector('a[rel="next"]');
  if (!list || !link) return;
  const step = Number(list.dataset.grows);
  const most = Number(list.dataset.most);
  const said = pages.querySelector("[aria-live]");
  const observer = new IntersectionObserver((seen) => { if (seen.at(-1).isIntersecting) load(); }, { rootMargin: NEAR });
  signal.addEventListener("abort", () => observer.disconnect());

  // The address that shows as many rows at once: for going back, for loading anew, and to be kept.
  const here = (count) => {
    const address = new URL(location.href);
    address.searchParams.set("limit", count);
    return address.href;
  };

  const load = async () => {
    observer.disconnect();
    const count = rowsOf(list).length;
    list.ariaBusy = "true";
    const from = list.dataset.whole === undefined ? link.href : here(count + step);
    const answer = await fetch(from, { headers: { accept: "text/html" }, signal }).then(
      async (one) => (one.ok && !one.redirected ? new DOMParser().parseFromString(await one.text(), "text/html") : null),
    ).catch(() => null);
    // Whoever is on the way to another page is not called back: naming this one anew would end their way.
    if (signal.aborted || "underway" in document.documentElement.dataset) return;
    list.ariaBusy = "false";
    const found = answer?.querySelector("[data-grows]");
    if (!found) return; // The link is still there.
    grow(list, found);
    const now = rowsOf(list).length;
    history.replaceState(history.state, "", here(now));
    said.textContent = said.dataset.words.replace("{number}", now.toLocaleString(document.documentElement.lang));
    const place = pages.querySelector(".note");
    if (place) place.textContent = answer.querySelector("nav.pages .note").textContent;
    const next = answer.querySelector('nav.pages a[rel="next"]');
    if (next) link.href = next.href;
    else link.remove();
    if (next && now < most) observer.observe(pages);
  };

  if (rowsOf(list).length < most) observer.observe(pages);
};
