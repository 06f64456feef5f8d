// Ctrl K, or ⌘ K, goes anywhere: to pages by their names, and to what was heard by words of it.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const list = palette?.querySelector("ul");
let asked = new AbortController();
let soon = 0;

const pages = () =>
  [...document.querySelectorAll(".rail li a, .rail .bell, .rail .me")].map((link) => {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.dataset.href = link.href;
    option.textContent = (link.querySelector("span") ?? link).firstChild.textContent.trim();
    return option;
  });

const choose = (option) => {
  list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option?.id ?? "");
};

const show = (found) => {
  const words = field.value.toLowerCase().split(/\s+/);
  const named = pages().filter((page) => words.every((word) => page.textContent.toLowerCase().includes(word)));
  list.replaceChildren(...named, ...found);
  [...list.children].forEach((option, place) => { option.id = `palette-${place}`; });
  choose(list.firstElementChild);
};

const look = async () => {
  asked.abort();
  asked = new AbortController();
  const words = field.value.trim();
  show([]);
  if (!words) return;
  try {
    const answer = await fetch(`${palette.dataset.suggestions}?q=${encodeURIComponent(words)}`, { signal: asked.signal });
    const told = document.createElement("template");
    if (answer.ok) told.innerHTML = await answer.text();
    show(told.content.children);
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // asked for more, or offline
  }
};

const go = (option) => { if (option) location.assign(option.dataset.href); };

if (palette) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (palette.open) { palette.close(); return; }
    field.value = "";
    show([]);
    palette.showModal();
  });
  field.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(look, 120); });
  field.addEventListener("keydown", (event) => {
    const chosen = list.querySelector("[aria-selected=true]");
    if (event.key === "ArrowDown") choose(chosen?.nextElementSibling ?? list.firstElementChild);
    else if (event.key === "ArrowUp") choose(chosen?.previousElementSibling ?? list.lastElementChild);
    else if (event.key === "Enter") go(chosen);
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
}
