// Ctrl K, or ⌘ K, goes anywhere: to pages by their names, and to what was heard by words of it.
export default (signal) => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const field = palette.querySelector("input");
  const list = palette.querySelector("ul");
  let asked = new AbortController();
  let soon = 0;

  const pages = () =>
    [...document.querySelectorAll(".rail li a, .rail .bell, .rail .me")].map((link) => {
      const option = document.createElement("li");
      option.setAttribute("role", "option");
      option.dataset.href = link.href;
      // The last span has the words: that of the account comes behind a letter.
      option.textContent = ([...link.querySelectorAll(":scope > span")].at(-1) ?? link).firstChild.textContent.trim();
      return option;
    });

  const chosen = () => list.querySelector("[aria-selected=true]");

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option?.id ?? "");
  };

  // What was chosen stays so when more comes in below it; new words begin at the top.
  const show = (found, kept) => {
    const words = field.value.toLowerCase().split(/\s+/);
    const named = pages().filter((page) => words.every((word) => page.textContent.toLowerCase().includes(word)));
    list.replaceChildren(...named, ...found);
    [...list.children].forEach((option, place) => { option.id = `palette-${place}`; });
    choose([...list.children].find((option) => option.dataset.href === kept) ?? list.firstElementChild);
  };

  const look = async () => {
    asked.abort();
    asked = new AbortController();
    const words = field.value.trim();
    if (!words) return;
    try {
      const answer = await fetch(`${palette.dataset.suggestions}?q=${encodeURIComponent(words)}`, { signal: asked.signal });
      const told = document.createElement("template");
      if (answer.ok) told.innerHTML = await answer.text();
      show(told.content.children, chosen()?.dataset.href);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // asked for more, or offline
    }
  };

  const go = (option) => { if (option) location.assign(option.dataset.href); };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (palette.open) { palette.close(); return; }
    field.value = "";
    show([]);
    palette.showModal();
  }, { signal });
  // What is asked when the page is left is not waited for.
  signal.addEventListener("abort", () => { asked.abort(); clearTimeout(soon); });
  // What does not fit any more is gone at once: Enter may follow before an answer does.
  field.addEventListener("input", () => {
    asked.abort();
    clearTimeout(soon);
    show([]);
    soon = setTimeout(look, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen()?.nextElementSibling ?? list.firstElementChild);
    else if (event.key === "ArrowUp") choose(chosen()?.previousElementSibling ?? list.lastElementChild);
    // A search field would take the first Escape to empty itself.
    else if (event.key === "Escape") palette.close();
    else if (event.key === "Enter" && chosen()) go(chosen());
    else if (event.key === "Enter") { clearTimeout(soon); look().then(() => go(list.firstElementChild)); }
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
};
