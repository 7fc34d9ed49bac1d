// 拨打电话: the number that a form with data-phone was given is shown as a link to dial, for this visit of the page only.

document.addEventListener("done", (event) => {
  const form = event.target.closest("form[data-phone]");
  if (!form) {
    return;
  }
  const { label, name, phone } = event.detail;
  const line = document.createElement("p");
  line.className = "done";
  line.setAttribute("role", "status");
  const link = document.createElement("a");
  link.href = `tel:${phone}`;
  link.className = "number";
  link.textContent = phone;
  line.append(`${label} ${name} `, link);
  form.querySelector("p.done")?.remove();
  form.append(line);
  form.dataset.key = "";
});
