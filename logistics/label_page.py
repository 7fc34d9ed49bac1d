"""A small page of text, bars and lines, drawn the same as PDF and as a bitmap for thermal printers (标签版面).

Lengths in millimetres from the top left corner. A printer of 203 dpi has 8 dots per millimetre, so everything that
must be crisp lies on eighths. Same content, same bytes.
"""

from collections.abc import Iterable
from functools import cache
from io import BytesIO

import segno
from barcode.codex import Code128
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from domain.model import Frozen
from logistics.fonts import FONT_PATH, register, width

DOTS_PER_MM = 8  # 203 dpi
_BASELINE = 0.88  # of the size, from the top of a line of text


class Bar(Frozen):
    """A black rectangle."""

    x: float
    y: float
    w: float
    h: float


class Text(Frozen):
    """One line of text; `y` is its top, `size` its height, both in millimetres."""

    x: float
    y: float
    size: float
    text: str


class Page(Frozen):
    """A page of `width_mm` × `height_mm`."""

    width_mm: int
    height_mm: int
    title: str
    bars: tuple[Bar, ...] = ()
    texts: tuple[Text, ...] = ()


def fitted(x: float, y: float, size: float, text: str, room_mm: float) -> Text:
    """A line that fits: smaller down to 2.25 mm, then cut with an ellipsis."""
    while width(text, size) > room_mm and size > 2.25:
        size -= 0.25
    while width(text, size) > room_mm and len(text) > 1:
        text = text[:-2] + "…"
    return Text(x=x, y=y, size=size, text=text)


def centred(x: float, y: float, size: float, text: str, room_mm: float) -> Text:
    """A line that fits, in the middle of the room."""
    line = fitted(x, y, size, text, room_mm)
    return line.model_copy(update={"x": x + (room_mm - width(line.text, line.size)) / 2})


def rule(x: float, y: float, w: float) -> Bar:
    """A thin horizontal line."""
    return Bar(x=x, y=y, w=w, h=0.25)


def code128(number: str, x: float, y: float, room_mm: float, h: float) -> list[Bar]:
    """Code 128 in the middle of the room, modules of 2 dots or more, quiet zones of 10 modules within the room.

    Raises:
        ValueError: the number is too long for the room.
    """
    modules: str = Code128(number).build()[0]
    dots = int(room_mm * DOTS_PER_MM) // (len(modules) + 20)
    if dots < 2:
        raise ValueError("the number is too long for this label's bar code")
    module_mm = min(dots, 4) / DOTS_PER_MM
    left = _on_dots(x + (room_mm - len(modules) * module_mm) / 2)
    return [Bar(x=left + at * module_mm, y=y, w=length * module_mm, h=h) for at, length in _runs(modules)]


def qr(text: str, x: float, y: float, room_mm: float) -> list[Bar]:
    """A QR code of level Q in a square of `room_mm`, quiet zone of 4 modules within it.

    Raises:
        ValueError: the text is too long for the room.
    """
    matrix = segno.make(text, error="q", micro=False, boost_error=False).matrix
    dots = int(room_mm * DOTS_PER_MM) // (len(matrix) + 8)
    if dots < 3:
        raise ValueError("the text is too long for this label's square code")
    module_mm = dots / DOTS_PER_MM
    bars = []
    for row, line in enumerate(matrix):
        top = y + (row + 4) * module_mm
        for at, length in _runs("".join("1" if cell else "0" for cell in line)):
            bars.append(Bar(x=x + (at + 4) * module_mm, y=top, w=length * module_mm, h=module_mm))
    return bars


def to_pdf(page: Page) -> bytes:
    """One page with the font embedded; the bytes depend on the content alone."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(page.width_mm * mm, page.height_mm * mm), invariant=1, pageCompression=1)
    canvas.setTitle(page.title)
    canvas.setCreator("Kuayu")
    for bar in page.bars:
        canvas.rect(bar.x * mm, (page.height_mm - bar.y - bar.h) * mm, bar.w * mm, bar.h * mm, stroke=0, fill=1)
    for line in page.texts:
        canvas.setFont(register(), line.size * mm)
        canvas.drawString(line.x * mm, (page.height_mm - line.y - line.size * _BASELINE) * mm, line.text)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def to_png(page: Page) -> bytes:
    """A black and white bitmap at 203 dpi, one pixel per dot."""
    image = Image.new("1", (page.width_mm * DOTS_PER_MM, page.height_mm * DOTS_PER_MM), 1)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    for bar in page.bars:
        left, top = round(bar.x * DOTS_PER_MM), round(bar.y * DOTS_PER_MM)
        right, bottom = round((bar.x + bar.w) * DOTS_PER_MM), round((bar.y + bar.h) * DOTS_PER_MM)
        draw.rectangle((left, top, max(right - 1, left), max(bottom - 1, top)), fill=0)
    for line in page.texts:
        baseline = (line.x * DOTS_PER_MM, (line.y + line.size * _BASELINE) * DOTS_PER_MM)
        draw.text(baseline, line.text, font=_bitmap_font(round(line.size * DOTS_PER_MM)), fill=0, anchor="ls")
    buffer = BytesIO()
    image.save(buffer, "PNG", dpi=(203.2, 203.2))
    return buffer.getvalue()


@cache
def _bitmap_font(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_PATH), size_px)


def _on_dots(length_mm: float) -> float:
    return round(length_mm * DOTS_PER_MM) / DOTS_PER_MM


def _runs(cells: Iterable[str]) -> list[tuple[int, int]]:
    """(start, length) of each run of dark cells."""
    runs: list[tuple[int, int]] = []
    for at, cell in enumerate(cells):
        if cell != "1":
            continue
        if runs and sum(runs[-1]) == at:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((at, 1))
    return runs
