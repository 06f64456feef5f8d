// The days of the calendar that look the same are one area: each of them leads to its own plays, and says what it is.
const DAY = 86400000;
const find = (event) => {
  const area = event.target.closest?.("svg.days-of [data-look]");
  const svg = area?.ownerSVGElement;
  if (!svg?.dataset.first) return null;
  const { first, pitch, link } = svg.dataset;
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(area.getScreenCTM().inverse());
  const place = Math.floor(x / pitch) * 7 + Math.min(Math.floor(y / pitch), 6);
  return { area, link, day: new Date(Date.parse(first) + place * DAY) };
};
export default (signal) => {
  const { lang } = document.documentElement;
  const written = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "full", timeZone: "UTC" });
  for (const name of ["pointerover", "pointermove", "pointerdown"]) {
    document.addEventListener(name, (event) => {
      const found = find(event);
      if (!found) return;
      const { area, link, day } = found;
      const anchor = area.closest("a");
      if (anchor && !anchor.getAttribute("href").startsWith("#")) {
        anchor.setAttribute("href", link + day.toISOString().slice(0, 10));
      }
      const caption = document.getElementById("day-said");
      const words = document.querySelector(`.legend [data-look="${area.dataset.look}"] span`)?.textContent;
      if (caption && words) caption.textContent = `${written.format(day)}: ${words}`;
    }, { signal });
  }
};
