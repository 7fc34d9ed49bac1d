"""A paper as content, and its A4 pages as PDF: title, bar code, fields, tables, sentences, places to sign."""

from collections.abc import Sequence
from enum import StrEnum
from html import escape
from io import BytesIO
from typing import Any

import segno
from reportlab.lib.colors import black, grey
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from domain.model import Frozen
from logistics.fonts import missing, register
from logistics.label_page import code128


class PageSize(StrEnum):
    """What a paper is printed on; the value goes into addresses."""

    A4 = "a4"
    A5 = "a5"


OFFICE = "重庆市渝中区政务服务中心"
_MARGIN = 18 * mm
_ROOM = A4[0] - 2 * _MARGIN
_BAR_ROOM_MM, _BAR_HEIGHT_MM = 90.0, 11.0
_SQUARE_MM, _QUIET = 30.0, 4  # 4 modules around it stay empty
_SIZES = {PageSize.A4: A4, PageSize.A5: A5}
_SMALLER = (1.0, 0.92, 0.85)
_VARIATIONS = range(0xE0100, 0xE01F0)


class Fields(Frozen):
    """Label and value, line by line."""

    rows: tuple[tuple[str, str], ...]


class Grid(Frozen):
    """A table; `widths` are shares of the page's width, one per column."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


class Words(Frozen):
    """Sentences, a paragraph each; `heading` above them."""

    sentences: tuple[str, ...]
    heading: str = ""


class SquareCode(Frozen):
    """A square code (二维码) of an address, with sentences beside it."""

    address: str
    sentences: tuple[str, ...]


class Signatures(Frozen):
    """Who signs, each with room for a date."""

    who: tuple[str, ...]


Block = Fields | Grid | Words | SquareCode | Signatures


class Paper(Frozen):
    """One paper. `number`: printed as a bar code; None for a notice without a case. `issued`: the day in words.

    `one_sheet`: what just spills over is drawn smaller rather than on a second sheet, as far as it can be read.
    """

    title: str
    number: str | None
    issued: str
    blocks: tuple[Block, ...]
    one_sheet: bool = False


def printable(text: str) -> str:
    """What the font can draw; any other character by its code, so that no name prints as a box."""
    text = "".join(char for char in text if ord(char) not in _VARIATIONS)
    gone = set(missing(text))
    return "".join(f"〔U+{ord(char):04X}〕" if char in gone else char for char in text)


def render(paper: Paper, size: PageSize = PageSize.A4) -> bytes:
    """The paper as the bytes of a PDF, font embedded; the same content gives the same bytes.

    `size`: A5 is the same sheet, drawn smaller.
    """
    for scale in _SMALLER if paper.one_sheet else ():
        pages, drawn = _render(paper, size, scale)
        if pages == 1:
            return drawn
    return _render(paper, size, 1.0)[1]


def _render(paper: Paper, size: PageSize, scale: float) -> tuple[int, bytes]:
    """How many pages, and the bytes."""
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=_SIZES[size],
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=printable(paper.title),
        author=OFFICE,
        creator="Kuayu",
        invariant=1,
        initialFontName=register(),
    )
    height = A4[1] / scale
    frame = Frame(_MARGIN, _MARGIN, _ROOM, height - 2 * _MARGIN, leftPadding=0, rightPadding=0, topPadding=0)

    def footer(canvas: Canvas, made: Any) -> None:
        # Of all that is drawn on this page; what is smaller stays in the middle.
        canvas.scale(scale * _SIZES[size][0] / A4[0], scale * _SIZES[size][1] / A4[1])
        canvas.translate((A4[0] / scale - A4[0]) / 2, 0)
        canvas.saveState()
        canvas.setFont(register(), 8)
        canvas.setFillColor(grey)
        canvas.drawString(_MARGIN, 11 * mm, f"{OFFICE} 跨地域通办综合窗口")
        canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, f"{paper.issued}　第{made.page}页")
        canvas.restoreState()

    document.addPageTemplates(PageTemplate(frames=[frame], onPage=footer))
    document.build(_story(paper))
    return document.page, buffer.getvalue()


class _BarCode(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Code 128 of a number with the number beneath."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number
        self.width, self.height = _ROOM, (_BAR_HEIGHT_MM + 5) * mm

    def draw(self) -> None:
        left = (_ROOM / mm - _BAR_ROOM_MM) / 2
        for bar in code128(self._number, left, 0, _BAR_ROOM_MM, _BAR_HEIGHT_MM):
            self.canv.rect(bar.x * mm, 5 * mm, bar.w * mm, bar.h * mm, stroke=0, fill=1)
        self.canv.setFont(register(), 9)
        self.canv.drawCentredString(_ROOM / 2, 1 * mm, self._number)


def square(canvas: Canvas, address: str, x: float, y: float, side: float) -> None:
    """Draw a square code (二维码) of level M and its quiet zone; `x`, `y`: lower left corner, `side`: in points."""
    matrix = segno.make(address, error="m", micro=False, boost_error=False).matrix
    module = side / (len(matrix) + 2 * _QUIET)
    for row, line in enumerate(matrix):
        for column, dark in enumerate(line):
            if dark:
                left, low = x + (column + _QUIET) * module, y + side - (row + 1 + _QUIET) * module
                canvas.rect(left, low, module, module, stroke=0, fill=1)


class _Square(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A square code of an address."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.width = self.height = _SQUARE_MM * mm

    def draw(self) -> None:
        square(self.canv, self._address, 0, 0, self.width)


def _story(paper: Paper) -> list[Any]:
    story: list[Any] = [
        paragraph(OFFICE, 11, centred=True),
        paragraph(paper.title, 18, centred=True),
        Spacer(1, 4 * mm),
    ]
    if paper.number is not None:
        story += [_BarCode(paper.number), Spacer(1, 3 * mm)]
    for block in paper.blocks:
        story += [*_drawn(block), Spacer(1, 4 * mm)]
    return story


def _drawn(block: Block) -> list[Any]:
    match block:
        case Fields(rows=rows):
            return [_table([[paragraph(label), paragraph(value)] for label, value in rows], (0.2, 0.8))]
        case Grid(header=header, rows=rows, widths=widths):
            lines = [[paragraph(cell, 9) for cell in line] for line in (header, *rows)]
            return [_table(lines, widths, repeated=1)]
        case Words(sentences=sentences, heading=heading):
            shown = [paragraph(heading, 11)] if heading else []
            return [*shown, *(paragraph(sentence) for sentence in sentences)]
        case SquareCode(address=address, sentences=sentences):
            beside = [paragraph(sentence, 9) for sentence in sentences]
            return [KeepTogether([_table([[_Square(address), beside]], (0.2, 0.8), ruled=False)])]
        case Signatures(who=who):
            lines = [[paragraph(f"{name}：", 10), paragraph("______年____月____日", 10)] for name in who]
            return [KeepTogether([_table(lines, (0.65, 0.35), ruled=False, row_height=12 * mm)])]


def _table(
    cells: list[list[Any]],
    widths: Sequence[float],
    *,
    ruled: bool = True,
    repeated: int = 0,
    row_height: float | None = None,
) -> Table:
    # Cells are paragraphs with a font of their own; without this one reportlab names a font that is not embedded.
    style: list[tuple[Any, ...]] = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("FONTNAME", (0, 0), (-1, -1), register())]
    if ruled:
        style.append(("GRID", (0, 0), (-1, -1), 0.5, black))
    heights = None if row_height is None else [row_height] * len(cells)
    made = Table(cells, [_ROOM * share for share in widths], heights, repeatRows=repeated)
    made.setStyle(style)
    return made


def paragraph(text: str, size: float = 10, *, centred: bool = False) -> Paragraph:
    """A paragraph in the Chinese font, `size` in points."""
    style = ParagraphStyle(
        "text",
        fontName=register(),
        fontSize=size,
        leading=size * 1.5,
        wordWrap="CJK",
        alignment=TA_CENTER if centred else 0,
        spaceAfter=2,
    )
    return Paragraph(escape(printable(text), quote=False), style)
