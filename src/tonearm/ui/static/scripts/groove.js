// Tells under the record what the segment below the pointer holds, as its table says it.
export default () => {
  const groove = document.querySelector("svg.groove");
  const caption = document.getElementById("groove-caption");
  if (groove && caption) {
    const usual = caption.textContent;
    let lines = null;
    const line = (href) => {
      if (!lines) {
        lines = new Map();
        for (const link of document.querySelectorAll(".data.year tbody a")) {
          const [, time, plays] = link.closest("tr").cells;
          const year = link.closest("details").querySelector("summary").firstChild.textContent.trim();
          lines.set(link.getAttribute("href"), [link.textContent, year, time.textContent, plays.textContent.trim()]);
        }
      }
      return lines.get(href);
    };
    groove.addEventListener("pointerover", (event) => {
      const link = event.target.closest?.("a");
      const found = link && line(link.getAttribute("href"));
      if (!found) return;
      const [days, year, time, plays] = found;
      const { silence, one, many } = caption.dataset;
      const sentence = plays === "–" && time === "–" ? silence : plays === "1" ? one : many;
      const told = { days, year, time, plays };
      caption.textContent = sentence.replace(/\{(\w+)\}/g, (_, name) => told[name]);
    });
    groove.addEventListener("pointerleave", () => { caption.textContent = usual; });
  }
};
