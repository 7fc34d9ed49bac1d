// What this window has used of late: items and the last place of handling. Never anything of an applicant.

const ITEMS = "kuayu-items";
const REGION = "kuayu-region";
const MOST = 6;

export function recentItems() {
  return kept(ITEMS) ?? [];
}

export function rememberItem({ value, title, note }) {
  const others = recentItems().filter((each) => each.value !== value);
  localStorage.setItem(ITEMS, JSON.stringify([{ value, title, note }, ...others].slice(0, MOST)));
}

export function lastRegion() {
  return kept(REGION);
}

export function rememberRegion({ value, title }) {
  localStorage.setItem(REGION, JSON.stringify({ value, title }));
}

function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}
