"""The graphic objects of an OFD page as SVG, in millimetres as the standard has them (GB/T 33190 §8–§11)."""

import base64
import io
from collections.abc import Mapping

from lxml import etree
from PIL import Image

_SVG = "http://www.w3.org/2000/svg"
_PATH = {"S": "M", "M": "M", "L": "L", "Q": "Q", "B": "C", "A": "A", "C": "Z"}
_FALLBACK = '"Noto Sans CJK SC", "SimSun", "Microsoft YaHei", sans-serif'
_THIN_MM = 0.353
_DEEPEST = 12


def numbers(text: str | None) -> list[float]:
    """Numbers with blanks between. Raises ValueError."""
    return [float(word) for word in (text or "").split()]


def spread(text: str | None) -> list[float]:
    """Distances from one character to the next; `g n d` stands for n times d (§11.3)."""
    words = (text or "").split()
    found: list[float] = []
    while words:
        word = words.pop(0)
        if word == "g" and len(words) > 1:
            times, each = int(words.pop(0)), float(words.pop(0))
            found += [each] * min(times, 10_000)
        else:
            found.append(float(word))
    return found


class Canvas:
    """One page that is being drawn. `box`: x, y, width, height in mm. `images`, `fonts`: resources by their id.

    `left_out`: whether there was something that is not drawn here.
    """

    def __init__(self, box: list[float], images: Mapping[str, bytes], fonts: Mapping[str, str]) -> None:
        self._x, self._y, self._width, self._height = box
        self._images = images
        self._fonts = fonts
        self.left_out = False
        size: dict[str | bytes, str | bytes] = {"width": f"{self._width * 4:g}", "height": f"{self._height * 4:g}"}
        view: dict[str | bytes, str | bytes] = {"viewBox": f"{self._x:g} {self._y:g} {self._width:g} {self._height:g}"}
        self._root = etree.fromstring(f'<svg xmlns="{_SVG}"/>')
        for name, value in (*size.items(), *view.items()):
            self._root.set(name, value)
        self._add(self._root, "rect", x=self._x, y=self._y, width=self._width, height=self._height, fill="#fff")

    def svg(self) -> bytes:
        """The whole page as it has been drawn."""
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8")

    def draw(self, block: etree._Element, depth: int = 0) -> None:
        """The objects of a layer or block, in their order."""
        for child in block:
            if not isinstance(child.tag, str) or child.get("Visible") == "false":
                continue
            kind = etree.QName(child).localname
            if kind == "TextObject":
                self._text(child)
            elif kind == "ImageObject":
                self._image(child)
            elif kind == "PathObject":
                self._path(child)
            elif kind == "PageBlock" and depth < _DEEPEST:
                self.draw(child, depth + 1)
            else:
                self.left_out = True

    def _text(self, one: etree._Element) -> None:
        size = float(one.get("Size", "3"))
        family = self._fonts.get(one.get("Font", ""), "").replace('"', "")
        style = {
            "font-family": f'"{family}", {_FALLBACK}' if family else _FALLBACK,
            "font-size": f"{size:g}",
            "fill": _colour(one, "FillColor") or "#000",
        }
        if int(one.get("Weight", "400")) >= 600:
            style["font-weight"] = "bold"
        group = self._add(self._root, "g", transform=_placed(one), **style)
        for code in one:
            if isinstance(code.tag, str) and etree.QName(code).localname == "TextCode" and code.text:
                self._code(group, code, code.text)

    def _code(self, group: etree._Element, code: etree._Element, text: str) -> None:
        x, y = float(code.get("X", "0")), float(code.get("Y", "0"))
        across, down = spread(code.get("DeltaX")), spread(code.get("DeltaY"))
        drawn = self._add(group, "text")
        drawn.set("x", _steps(x, across, len(text)))
        drawn.set("y", _steps(y, down, len(text)))
        drawn.text = text

    def _image(self, one: etree._Element) -> None:
        address = _address(self._images.get(one.get("ResourceID", ""), b""))
        if address is None:
            self.left_out = True
            return
        _, _, width, height = numbers(one.get("Boundary"))
        size = {"width": 1.0, "height": 1.0} if one.get("CTM") else {"width": width, "height": height}
        drawn = self._add(self._root, "image", transform=_placed(one), preserveAspectRatio="none", **size)
        drawn.set("href", address)

    def _path(self, one: etree._Element) -> None:
        data = next((each.text for each in one if etree.QName(each).localname == "AbbreviatedData"), None)
        words = [_PATH.get(word, word) for word in (data or "").split()]
        stroke = _colour(one, "StrokeColor") or "#000" if one.get("Stroke", "true") == "true" else "none"
        fill = _colour(one, "FillColor") or "#000" if one.get("Fill") == "true" else "none"
        wide = {"stroke-width": float(one.get("LineWidth", str(_THIN_MM)))}
        self._add(self._root, "path", d=" ".join(words), transform=_placed(one), stroke=stroke, fill=fill, **wide)

    def _add(self, parent: etree._Element, name: str, **attributes: str | float) -> etree._Element:
        told = {key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in attributes.items()}
        return etree.SubElement(parent, f"{{{_SVG}}}{name}", told)


def _placed(one: etree._Element) -> str:
    """Where the object's own coordinates lie on the page: its boundary's corner, then its matrix (§8.5)."""
    x, y, *_ = numbers(one.get("Boundary"))
    moved = f"translate({x:g} {y:g})"
    matrix = numbers(one.get("CTM"))
    return f"{moved} matrix({' '.join(f'{each:g}' for each in matrix)})" if len(matrix) == 6 else moved


def _steps(first: float, deltas: list[float], count: int) -> str:
    """The place of each character; where too few distances are said, the rest follows by itself."""
    places = [first]
    for delta in deltas[: max(count - 1, 0)]:
        places.append(places[-1] + delta)
    return " ".join(f"{place:g}" for place in places)


def _colour(one: etree._Element, name: str) -> str | None:
    """An RGB or grey colour as the file says it; None: not said, or of a space that is not drawn."""
    for each in one:
        if isinstance(each.tag, str) and etree.QName(each).localname == name:
            parts = [min(max(int(part), 0), 255) for part in numbers(each.get("Value"))]
            if len(parts) == 3:
                return "#{:02x}{:02x}{:02x}".format(*parts)
            if len(parts) == 1:
                return "#{0:02x}{0:02x}{0:02x}".format(*parts)
    return None


def _address(data: bytes) -> str | None:
    """A picture as a data address; what browsers do not show is made a PNG of; None: not readable."""
    if data.startswith(b"\x89PNG"):
        return "data:image/png;base64," + base64.b64encode(data).decode()
    if data.startswith(b"\xff\xd8\xff"):
        return "data:image/jpeg;base64," + base64.b64encode(data).decode()
    try:
        with Image.open(io.BytesIO(data), formats=("BMP", "GIF", "TIFF")) as found:
            found.thumbnail((2400, 2400))
            into = io.BytesIO()
            found.convert("RGBA").save(into, "PNG")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return "data:image/png;base64," + base64.b64encode(into.getvalue()).decode()
