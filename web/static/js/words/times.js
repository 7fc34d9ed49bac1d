// Moments as people read them.

/** 10:42, on another day 11-28 10:42. `moment`: milliseconds. */
export function at(moment) {
  const when = new Date(moment);
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(when.getHours())}:${two(when.getMinutes())}`;
  const today = when.toDateString() === new Date().toDateString();
  return today ? clock : `${two(when.getMonth() + 1)}-${two(when.getDate())} ${clock}`;
}
