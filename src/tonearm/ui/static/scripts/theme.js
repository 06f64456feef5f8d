// Runs before the first paint: a theme chosen in this browser goes before the system's.
(() => {
  const root = document.documentElement;
  const stored = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  apply(stored());
  addEventListener("DOMContentLoaded", () => {
    const choice = document.querySelector("[data-theme-choice]");
    if (!choice) return;
    choice.hidden = false;
    const present = choice.querySelector(`input[value="${root.dataset.theme ?? "system"}"]`);
    if (present) present.checked = true;
    choice.addEventListener("change", (event) => {
      apply(event.target.value);
      try { localStorage.setItem("theme", event.target.value); } catch { /* kept for this page only */ }
    });
  });
})();
