// Keys for those who like them: / searches, g and a letter goes to a page, ? lists them all. They can be switched off.
const isOn = () => localStorage.getItem("keys") !== "off";

export default (signal) => {
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  const chosen = dialog.querySelector("input");
  const opener = document.querySelector("[data-keys]");
  let goes = 0;
  chosen.checked = isOn();
  chosen.addEventListener("change", () => localStorage.setItem("keys", chosen.checked ? "on" : "off"));
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    const isWriting = event.target.closest('input:not([type="checkbox"]), select, textarea, dialog');
    if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || isWriting) return;
    if (goes) {
      clearTimeout(goes);
      goes = 0;
      const link = document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
      if (!link) return;
      event.preventDefault();
      link.click();
    } else if (event.key === "g") {
      goes = setTimeout(() => { goes = 0; }, 1500);
    } else if (event.key === "/") {
      const field = [...document.querySelectorAll('input[type="search"]')].find((one) => one.offsetParent);
      if (!field) return;
      event.preventDefault();
      field.select();
      field.focus();
    } else if (event.key === "?") {
      event.preventDefault();
      dialog.showModal();
    }
  }, { signal });
};
