// What can wait is folded where the screen is narrow, and open at a desk; what an address points at stays open.

const narrow = matchMedia("(max-width: 40rem)");

function fold() {
  const aim = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  for (const part of document.querySelectorAll("details.fold")) {
    part.open = !narrow.matches || part.contains(aim);
  }
  return aim;
}

fold()?.scrollIntoView();
narrow.addEventListener("change", fold);
addEventListener("hashchange", () => {
  const aim = document.getElementById(location.hash.slice(1));
  const part = aim?.closest("details.fold");
  if (part && !part.open) {
    part.open = true;
    aim.scrollIntoView();
  }
});
