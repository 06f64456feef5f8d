// Asks what plays now, as often as the answer before says, and only while somebody can see the page.
const slot = document.getElementById("now");
const AFTER_FAULT = 300;
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
  const answer = await fetch(slot.dataset.from).catch(() => null);
  // Whoever is logged out meanwhile is led to the log-in.
  if (answer?.redirected) return;
  if (answer?.ok) {
    slot.innerHTML = await answer.text();
    const again = Number(slot.firstElementChild?.dataset.again);
    if (!again) return;
    due = Date.now() + again * 1000;
  }
  timer = setTimeout(look, due - Date.now());
};

document.addEventListener("visibilitychange", look);
look();
