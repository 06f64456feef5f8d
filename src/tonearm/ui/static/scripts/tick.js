// What can be done with ticked plays is in sight only once there are some.
const form = document.getElementById("ticked");
if (form) {
  const bar = form.querySelector(".ticked");
  const said = bar?.querySelector(".note");
  const show = () => {
    const count = form.querySelectorAll("input[name=plays]:checked").length;
    bar.hidden = !count;
    said.textContent = count === 1 ? said.dataset.one : said.dataset.many.replace("{number}", count);
  };
  if (bar) {
    form.addEventListener("change", show);
    show();
  }
}
