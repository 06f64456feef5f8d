// Drag and drop, and an upload that shows how far it is. Without this the form works by itself.
const NAMED = 6;

const size = (bytes) => {
  const [unit, by] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  const places = by === 1e9 ? 1 : 0;
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  return `${(bytes / by).toLocaleString(document.documentElement.lang, digits)}\u00a0${unit}`;
};

export default (signal) => {
  const form = document.querySelector("form[data-upload]");
  const input = form.querySelector('input[type="file"]');
  const chosen = form.querySelector(".chosen");
  const buttons = [...form.querySelectorAll(".buttons button")];
  const sending = form.querySelector(".sending");
  const bar = sending.querySelector("progress");
  const status = sending.querySelector("[role=status]");
  const fault = form.querySelector(".fault");
  const words = form.dataset;

  const show = () => {
    const files = [...input.files];
    chosen.replaceChildren(...files.slice(0, NAMED).map((file) => {
      const item = document.createElement("li");
      const name = document.createElement("bdi");
      const weight = document.createElement("small");
      name.textContent = file.name;
      weight.textContent = ` ${size(file.size)}`;
      item.append(name, weight);
      return item;
    }));
    if (files.length > NAMED) {
      const item = document.createElement("li");
      item.textContent = words.more.replace("{number}", files.length - NAMED);
      chosen.append(item);
    }
    chosen.hidden = files.length === 0;
    fault.hidden = true;
    if (files.length) buttons[0].focus();
  };

  const fail = (message) => {
    sending.hidden = true;
    for (const button of buttons) button.disabled = false;
    fault.textContent = message;
    fault.hidden = false;
  };

  const answered = (request) => {
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
    if (request.status === 202 && answer) location.assign(`${form.dataset.then}${answer.id}`);
    else if (request.status === 401) location.reload();
    else fail(answer?.detail ?? words.refused);
  };

  const send = (isDryRun) => {
    const body = new FormData();
    let total = 0;
    for (const file of input.files) {
      body.append("files", file, file.name);
      total += file.size;
    }
    for (const button of buttons) button.disabled = true;
    fault.hidden = true;
    sending.hidden = false;
    status.textContent = words.uploading.replace("{size}", size(total));
    const request = new XMLHttpRequest();
    request.open("POST", `${form.dataset.upload}?dry_run=${isDryRun}`);
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = (event.loaded / event.total) * 100;
      status.textContent = event.loaded < event.total
        ? words.progress.replace("{sent}", size(event.loaded)).replace("{size}", size(event.total)) : words.uploaded;
    });
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => fail(words.broken));
    // Leaving the page ends an upload, as it does without these scripts.
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  };

  input.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.submitter?.dataset.dryRun !== "false");
  });
  let depth = 0;
  addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; form.classList.add("over"); }, { signal });
  addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) form.classList.remove("over"); }, { signal });
  addEventListener("dragover", (event) => event.preventDefault(), { signal });
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    form.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    show();
  }, { signal });
};
