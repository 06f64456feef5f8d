// Asks what plays now, as often as the answer before says, and only while somebody can see the page.
const AFTER_FAULT = 300;

const ask = async (address, signal) => {
  const answer = await fetch(address, { signal });
  return { ok: answer.ok, redirected: answer.redirected, text: await answer.text() };
};

export default (signal) => {
  const slot = document.getElementById("now");
  let timer = 0;
  let due = 0;

  const look = async () => {
    clearTimeout(timer);
    const wait = due - Date.now();
    if (document.hidden) return;
    if (wait > 0) {
      timer = setTimeout(look, wait);
      return;
    }
    due = Date.now() + AFTER_FAULT * 1000;
    const answer = await ask(slot.dataset.from, signal).catch(() => null);
    // Whoever is logged out meanwhile is led to the log-in.
    if (signal.aborted || answer?.redirected) return;
    if (answer?.ok) {
      slot.innerHTML = answer.text;
      const again = Number(slot.firstElementChild?.dataset.again);
      if (!again) return;
      due = Date.now() + again * 1000;
    }
    timer = setTimeout(look, due - Date.now());
  };

  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  look();
};
