"""A page by keyboard alone: what can be reached with Tab, in which order, and whether the focus is seen."""

_FOCUSABLE = """() => {
  const radios = new Set();
  return [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]"
  )].filter((one) => {
    const there = one.checkVisibility({ visibilityProperty: true });
    if (one.disabled || one.tabIndex < 0 || one.closest("[inert]") || !there) {
      return false;
    }
    if (one.type !== "radio") {
      return true;
    }
    const first = !radios.has(one.name);  // of a group the keyboard reaches one, and the arrows the others
    radios.add(one.name);
    return first;
  }).map((one, number) => { one.dataset.reached = number; return one.outerHTML.slice(0, 160); });
}"""

_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) {
    return null;
  }
  const rgb = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (at) => {
    for (let each = at; each; each = each.parentElement) {
      const colour = rgb(getComputedStyle(each).backgroundColor);
      if (colour.a > 0.5) return colour;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const style = getComputedStyle(one);
  const both = [rgb(style.outlineColor), behind(one.parentElement)].map(luminance);
  const [light, dark] = both.sort((a, b) => b - a);
  const box = one.getBoundingClientRect();
  const radios = one.type === "radio" ? document.getElementsByName(one.name) : [];
  const group = [...radios].find((radio) => radio.dataset.reached);
  return {
    number: one.dataset.reached ?? group?.dataset.reached ?? null,
    html: one.outerHTML.slice(0, 160),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && (light + 0.05) / (dark + 0.05) >= 3,
    there: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""

_FROM_THE_TOP = """() => {
  document.body.tabIndex = -1; document.body.focus({ preventScroll: true }); document.body.removeAttribute("tabindex");
}"""


def walked(page, key="Tab"):
    """Each stop of `key` from where the focus is to the end of the page, or to where it began."""
    stops = []
    for _ in range(page.evaluate("() => document.querySelectorAll('[data-reached]').length") + 40):
        page.keyboard.press(key)
        stop = page.evaluate(_FOCUSED)
        if stop is None or (stops and stop["number"] is not None and stop["number"] == stops[0]["number"]):
            return stops
        stops.append(stop)
    raise AssertionError(f"{key} does not leave the page: {stops[-3:]}")


def is_walked_well(page):
    """Every function is reached, the skip link first, in the order of reading, and the focus is always seen."""
    wanted = page.evaluate(_FOCUSABLE)
    page.evaluate(_FROM_THE_TOP)
    stops = walked(page)
    assert "跳到正文" in stops[0]["html"], f"first of all comes {stops[0]['html']}"
    all_is_seen(stops, wanted)


def is_walked_from_its_field(page):
    """As `is_walked_well`, of a tool whose field takes the focus again and again: every function by Tab, either way."""
    wanted = page.evaluate(_FOCUSABLE)
    stops = []
    for key in ("Tab", "Shift+Tab"):
        for _ in range(len(wanted) + 5):
            page.keyboard.press(key)
            stops.append(page.evaluate(_FOCUSED))
    stops = {stop["number"]: stop for stop in stops if stop is not None and stop["number"] is not None}
    all_is_seen([stops[number] for number in sorted(stops, key=int)], wanted)


def numbers(stops):
    return [int(stop["number"]) for stop in stops if stop["number"] is not None]


def all_is_seen(stops, wanted):
    """Nothing is left out, all in the order of reading, with a focus that is seen."""
    reached = numbers(stops)
    left = [wanted[number] for number in range(len(wanted)) if number not in reached]
    assert left == [], f"never reached: {left}"
    assert reached == sorted(reached), f"the order of Tab is not that of reading: {reached}"
    unseen = [stop for stop in stops if not (stop["seen"] and stop["there"])]
    assert unseen == [], f"the focus is not seen: {unseen}"
