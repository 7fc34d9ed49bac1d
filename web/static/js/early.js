// A fast typist's Enter before the page's modules run must not send the form bare: it is held, and given to them later.
// A classic script in the head, because it has to be there before the first field is.

(() => {
  function hold(event) {
    event.preventDefault();
    document.documentElement.dataset.early = document.activeElement.id;
  }
  document.addEventListener("submit", hold, true);
  document.addEventListener("modules", () => document.removeEventListener("submit", hold, true));
})();
