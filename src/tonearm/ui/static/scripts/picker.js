// The range picker closes where people expect it to; without this it closes by its own button.
export default (signal) => {
  for (const picker of document.querySelectorAll("details.picker")) {
    document.addEventListener("click", (event) => {
      if (!picker.contains(event.target)) picker.open = false;
    }, { signal });
    picker.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !picker.open) return;
      picker.open = false;
      picker.querySelector("summary").focus();
    });
  }
};
