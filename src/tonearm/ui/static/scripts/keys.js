// Keys for those who like them: / searches, g and a letter goes to a page, ? lists them all.
const dialog = document.getElementById("keys");
let isGoing = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  if (isGoing) {
    isGoing = false;
    const link = document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  } else if (event.key === "g") {
    isGoing = true;
    setTimeout(() => { isGoing = false; }, 1500);
  } else if (event.key === "/") {
    const field = [...document.querySelectorAll('input[type="search"]')].find((one) => one.checkVisibility());
    if (!field) return;
    event.preventDefault();
    field.select();
    field.focus();
  } else if (event.key === "?" && dialog) {
    event.preventDefault();
    dialog.showModal();
  }
});
