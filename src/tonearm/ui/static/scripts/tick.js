// What can be done with ticked plays is in sight only once there are some.
export default () => {
  const form = document.getElementById("ticked");
  const bar = form?.querySelector(".ticked");
  if (!bar) return;
  const said = bar.querySelector(".note");
  const show = () => {
    const count = form.querySelectorAll("input[name=plays]:checked").length;
    bar.hidden = !count;
    said.textContent = count === 1 ? said.dataset.one : said.dataset.many.replace("{number}", count);
  };
  form.addEventListener("change", show);
  // The list may have grown since the page was made, and with it the address that shows it.
  form.addEventListener("submit", () => { form.elements.back.value = location.pathname + location.search; });
  show();
};
